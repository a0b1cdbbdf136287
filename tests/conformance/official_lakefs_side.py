"""
Do one side of an exchange with the official `lakefs` package, on the server that the environment names.

Needs an interpreter with `lakefs` 0.16 and nothing of ours.

    python official_lakefs_side.py write REPOSITORY    make a branch `theirs` with objects, a commit and a tag
    python official_lakefs_side.py read REPOSITORY     print what is on the branch `ours`, as JSON
"""

from __future__ import annotations

import json
import sys

import lakefs

BYTES = bytes(range(256)) * 3


def write(repo):
    """Write what the other side reads."""
    branch = repo.branch("theirs").create("main")
    branch.object("direct/ü +&%.bin").upload(BYTES, mode="wb", pre_sign=False, metadata={"road": "direct"})
    branch.object("signed.bin").upload(
        BYTES, mode="wb", pre_sign=True, content_type="text/csv", metadata={"road": "signed"}
    )
    branch.object("empty").upload(b"", mode="wb", pre_sign=False)
    with branch.object("text.txt").writer(mode="w", pre_sign=False) as file:
        file.write("zwölf Boxkämpfer\n")
        file.write("zweite Zeile\n")
    commit = branch.commit("by the official package", metadata={"by": "them"})
    repo.tag("theirs-1").create(branch)
    branch.object("staged").upload("later", pre_sign=False)
    return {"commit": commit.id}


def read(repo):
    """Read what the other side wrote."""
    branch = repo.branch("ours")
    head = branch.get_commit()
    objects = {}
    for item in branch.objects():
        target = branch.object(item.path)
        contents = [target.reader(pre_sign=road).read() if item.size_bytes else b"" for road in (False, True)]
        objects[item.path] = {
            "size": item.size_bytes,
            "md5": item.checksum,
            "type": item.content_type,
            "metadata": item.metadata,
            "hex": sorted({content.hex() for content in contents}),
        }
    return {
        "head": head.id,
        "message": head.message,
        "metadata": head.metadata,
        "objects": objects,
        "tags": [tag.id for tag in repo.tags()],
        "uncommitted": [[change.type, change.path] for change in branch.uncommitted()],
    }


if __name__ == "__main__":
    repository = lakefs.Repository(sys.argv[2])
    print(json.dumps({"write": write, "read": read}[sys.argv[1]](repository)))
