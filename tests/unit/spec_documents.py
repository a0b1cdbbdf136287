"""The service documents under specs/, read for their tests, and what was reviewed in each of them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from codegen.document import expand_variants, follow

SPECS = Path(__file__).resolve().parents[2] / "specs"
METHODS = ("get", "head", "post", "put", "patch", "delete")
Node = dict[str, Any]


@dataclass(frozen=True)
class Reviewed:
    """What a person looked at in one document, operation by operation; its changes must be looked at, too."""

    size: tuple[int, int]
    """Number of operations, variants counted one by one, and of schemas."""
    never_repeated: frozenset[str]
    """Class D: each arrival may do something that nobody can see."""
    repeatable_posts: frozenset[str]
    """The second arrival leaves the state of the first, or can be made to."""
    looked_up_puts: frozenset[str]
    """A PUT that is no overwrite."""
    secrets: frozenset[str]
    """Properties whose values must not be shown."""
    harmless: frozenset[str]
    """Properties that are named like secrets and are none."""


LAKEFS = Reviewed(
    size=(134, 119),
    # Each arrival makes a secret, spends a one-time code, or adds to a counter.
    never_repeated=frozenset({"createCredentials", "oauthCallback", "postStatsEvents", "setup", "stsLogin"}),
    repeatable_posts=frozenset(
        {
            "copyObject",  # overwrites the destination
            "createPresignMultipartUpload",  # an upload without parts holds nothing
            "createSymlinkFile",  # writes the same files again
            "deleteObjects",
            "externalPrincipalLogin",  # the server stores no token
            "internalSetGarbageCollectionRules",
            "login",  # the server stores no token
            "setGroupACL",
            "setRepositoryMetadata",  # sets the keys given
            "uploadObject",  # overwrites the path
        }
    ),
    looked_up_puts=frozenset(
        {
            "completePresignMultipartUpload",  # the store forgets the upload once it is finished
            "hardResetBranch",  # `main~1` moves further with each arrival
            "mergePullRequest",
            "restoreRefs",  # works on a bare repository only
        }
    ),
    secrets=frozenset(
        {
            "AccessKeyCredentials.secret_access_key",
            "AuthenticationToken.token",
            "CredentialsWithSecret.secret_access_key",
            "ExternalLoginInformation.identityRequest",
            "GarbageCollectionPrepareResponse.gc_commits_presigned_url",
            "LoginInformation.secret_access_key",
            "ObjectStats.physical_address",
            "PresignMultipartUpload.presigned_urls",
            "StagingLocation.presigned_url",
            "StsAuthRequest.code",
            "StsAuthRequest.state",
            "UploadTo.presigned_url",
        }
    ),
    harmless=frozenset(
        {
            "AuthCapabilities.forgot_password",  # a capability
            "LoginConfig.password_ui_placeholder",  # a hint in a form
            "PrepareGCUncommittedRequest.continuation_token",  # a place in a listing
            "PrepareGCUncommittedResponse.continuation_token",
            "UpdateToken.staging_token",  # the name of a staging area
        }
    ),
)

INFLUXDB = Reviewed(
    size=(19, 19),
    # They take any statement and any script, also those that change or send something.
    never_repeated=frozenset({"queryPost", "queryScript", "queryInBackground", "queryFlux", "queryFluxText"}),
    repeatable_posts=frozenset(
        {
            "promRead",
            "promWrite",  # samples carry their times
            "writeBucket",  # points that carry times overwrite themselves; the client stamps the others
            "writePoints",
        }
    ),
    looked_up_puts=frozenset(),
    secrets=frozenset({"FluxQuery.query", "QueryForm.params", "QueryForm.q", "QueryScript.q"}),
    harmless=frozenset(),
)

V3IO = Reviewed(
    size=(23, 25),
    # They add to what is there; of the last two nobody says what a second arrival does.
    never_repeated=frozenset({"appendObject", "updateItem", "putRecords", "scatterWrite", "putChunk"}),
    repeatable_posts=frozenset({"updateStream"}),  # a number of shards, not a number of further ones
    looked_up_puts=frozenset(
        {
            "appendObject",
            "putItem",  # a condition can turn down the echo of what it wrote itself
            "scatterWrite",
        }
    ),
    secrets=frozenset(),
    harmless=frozenset(),
)

V3IO_CONTROL = Reviewed(
    size=(17, 38),
    # Each arrival makes one more thing, or one more job, and no call would show it.
    never_repeated=frozenset(
        {"createUser", "createContainer", "createAccessKey", "createEvent", "updateAppServicesManifest"}
    ),
    repeatable_posts=frozenset(
        {
            "createSession",  # one that is not used ends by itself
            "reloadAppServicesConfiguration",  # what was read once more is the same
            "reloadArtifactVersionManifest",
            "reloadClusterConfiguration",
            "reloadEventsConfiguration",
        }
    ),
    looked_up_puts=frozenset({"updateAppServicesManifest"}),
    secrets=frozenset(
        {
            "AccessKeyResource.id",  # the key itself
            "SessionAttributes.password",
            "SessionResource.id",
            "UserAttributes.password",
        }
    ),
    harmless=frozenset(
        {
            "UserAttributes.password_changed_at",  # a time
            "UserAttributes.send_password_on_creation",  # a choice
        }
    ),
)

REVIEWED = {"lakefs": LAKEFS, "influxdb": INFLUXDB, "v3io": V3IO, "v3io_control": V3IO_CONTROL}


class Document:
    """One document, read once."""

    def __init__(self, path: Path) -> None:
        self.service = path.stem
        self.text = path.read_text(encoding="utf-8")
        self.source: Node = yaml.safe_load(self.text)
        self.whole: Node = copy.deepcopy(self.source)
        expand_variants(self.whole)
        self.schemas: Node = self.whole["components"]["schemas"]
        self.operations = dict(self._operations())
        self.properties = {
            f"{name}.{prop}": node for name, schema in self.schemas.items() for prop, node in own_properties(schema)
        }

    @property
    def reviewed(self) -> Reviewed:
        """What was looked at."""
        return REVIEWED[self.service]

    def _operations(self) -> Iterator[tuple[str, Node]]:
        """Operations by id, each with its method, its path and the path's parameters merged in."""
        for path, item in self.whole["paths"].items():
            for method in METHODS:
                if method in item:
                    node = item[method]
                    both = [*item.get("parameters", []), *node.get("parameters", [])]
                    # An operation's own parameter stands in the place of its path's, a variant's in that of the operation's.
                    parameters = {(one["in"], one["name"]): one for one in (self.follow(each) for each in both)}
                    at = (method, path.partition("#")[0])
                    yield node["operationId"], {**node, "parameters": [*parameters.values()], "at": at}

    def in_class(self, classes: str, *methods: str) -> set[str]:
        """Operations of these methods and retry classes."""
        found = self.operations.items()
        return {name for name, node in found if node["at"][0] in methods and node["x-sdk-retry"] in classes}

    def follow(self, node: Node) -> Node:
        """The node that a local reference stands for, or the node itself."""
        return follow(self.whole, node)

    def inlined(self, node: Any) -> Any:
        """A copy without references, which a plain schema validator can work with; our schemas have no cycles."""
        if isinstance(node, list):
            return [self.inlined(each) for each in node]
        if not isinstance(node, dict):
            return node
        return {key: self.inlined(value) for key, value in self.follow(node).items()}

    def problems(self, schema: Node, value: Any) -> list[str]:
        """Why the value does not satisfy the schema."""
        validator = OAS30Validator(self.inlined(schema), format_checker=oas30_format_checker)
        return [error.message for error in validator.iter_errors(value)]

    def unknown_members(self, schema: Node, value: Any) -> set[str]:
        """Members of an object that its schema does not mention; a misspelt optional one would otherwise pass."""
        schema = self.follow(schema)
        if isinstance(value, list):
            return {name for each in value for name in self.unknown_members(schema.get("items", {}), each)}
        if not isinstance(value, dict) or "additionalProperties" in schema:
            return set()
        declared = dict(self.every_property(schema))
        if not declared:
            return set()
        below = {
            name for key in value.keys() & declared.keys() for name in self.unknown_members(declared[key], value[key])
        }
        return (value.keys() - declared.keys()) | below

    def every_property(self, schema: Node) -> Iterator[tuple[str, Node]]:
        """Properties of the schema and of whatever it is composed of."""
        schema = self.follow(schema)
        yield from schema.get("properties", {}).items()
        for part in schema.get("allOf", []):
            yield from self.every_property(part)

    def media_types(self, operation: Node) -> Iterator[tuple[str, Node]]:
        """Each body of a request or an answer: where it is, and its media type object."""
        for kind, media in self.follow(operation.get("requestBody", {})).get("content", {}).items():
            yield f"body {kind}", media
        for status, response in operation["responses"].items():
            for kind, media in self.follow(response).get("content", {}).items():
                yield f"{status} {kind}", media

    def example_of(self, media: Node) -> Any:
        """The example of a body: its own, its schema's, or one made of its items' example."""
        if "example" in media:
            return media["example"]
        schema = self.follow(media["schema"])
        if schema.get("oneOf"):
            schema = self.follow(schema["oneOf"][0])
        return schema["example"] if "example" in schema else [self.follow(schema["items"])["example"]]


def own_properties(schema: Node) -> Iterator[tuple[str, Node]]:
    """Properties that the schema itself declares, also as a part of `allOf`."""
    yield from schema.get("properties", {}).items()
    for part in schema.get("allOf", []):
        if "$ref" not in part:
            yield from own_properties(part)


DOCUMENTS = [Document(path) for path in sorted(SPECS.glob("*.yaml")) if not path.name.endswith(".patch.yaml")]
