"""Say how the lakeFS server of a stack is set up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

BlockstoreType = Literal["s3", "mem", "local"]

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class LakeFSOptions:
    """
    Choose the installation that the local lakeFS server plays.

    Args:
        blockstore_type: `s3` presigns and imports, like most servers in use; `local` imports only;
            `mem` does neither. Storage namespaces must have this scheme.
        pre_sign_support: Hand out presigned URLs; None follows the block store.
        pre_sign_multipart_upload: Offer presigned multipart uploads; None follows `pre_sign_support`.
        import_support: Offer imports; None follows the block store.
        access_key_id: Of the first user; None derives one from the stack's seed.
        secret_access_key: Goes with `access_key_id`: give both or neither.
        user: Name of the first user.
        initialized: False starts a server that still waits for `POST /setup_lakefs`.
        version: What the server says it is.
        login_seconds: Lifetime of a login token.
        presign_seconds: Lifetime of a presigned URL.
        minimum_part_bytes: Smallest part of a multipart upload but the last; object stores want 5 MiB.
        import_polls: How often an import answers "in progress" before it is done. An import nobody
            asks about is done one second after its start.
    """

    blockstore_type: BlockstoreType = "s3"
    pre_sign_support: bool | None = None
    pre_sign_multipart_upload: bool | None = None
    import_support: bool | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    user: str = "admin"
    initialized: bool = True
    version: str = "1.84.0"
    login_seconds: int = 7 * 24 * 3600
    presign_seconds: int = 900
    minimum_part_bytes: int = 5 * MIB
    import_polls: int = 1

    def __post_init__(self) -> None:
        if self.blockstore_type not in ("s3", "mem", "local"):
            message = f"blockstore_type must be 's3', 'mem' or 'local', not {self.blockstore_type!r}"
            raise ValueError(message)
        if (self.access_key_id is None) != (self.secret_access_key is None):
            message = "give access_key_id and secret_access_key together, or neither"
            raise ValueError(message)
        if self.pre_sign_multipart_upload and not self.presigns:
            message = "pre_sign_multipart_upload needs pre_sign_support"
            raise ValueError(message)

    @property
    def presigns(self) -> bool:
        """Whether presigned URLs are handed out."""
        return self.blockstore_type == "s3" if self.pre_sign_support is None else self.pre_sign_support

    @property
    def presigns_multipart(self) -> bool:
        """Whether presigned multipart uploads are offered."""
        return self.presigns if self.pre_sign_multipart_upload is None else self.pre_sign_multipart_upload

    @property
    def imports(self) -> bool:
        """Whether imports are offered."""
        return self.blockstore_type in ("s3", "local") if self.import_support is None else self.import_support
