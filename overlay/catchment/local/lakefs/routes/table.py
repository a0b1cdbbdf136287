"""List every operation of the API with its method and path, and find the one that a request means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from catchment.local.http import Answer
from catchment.local.lakefs.call import Call
from catchment.local.lakefs.routes import (
    accounts,
    commits,
    imports,
    objects,
    pulls,
    refs,
    repositories,
    server,
    staging,
    tasks,
)

Handler = Callable[[Call], Answer]

# operation, method, path, and "public" where no credentials are needed.
_TABLE = """
setupCommPrefs POST /setup_comm_prefs public
getSetupState GET /setup_lakefs public
setup POST /setup_lakefs public
getCurrentUser GET /user
login POST /auth/login public
externalPrincipalLogin POST /auth/external/principal/login public
stsLogin POST /sts/login public
getAuthCapabilities GET /auth/capabilities public
listUsers GET /auth/users
createUser POST /auth/users
getUser GET /auth/users/{userId}
deleteUser DELETE /auth/users/{userId}
listGroups GET /auth/groups
createGroup POST /auth/groups
getGroup GET /auth/groups/{groupId}
deleteGroup DELETE /auth/groups/{groupId}
listPolicies GET /auth/policies
createPolicy POST /auth/policies
getPolicy GET /auth/policies/{policyId}
updatePolicy PUT /auth/policies/{policyId}
deletePolicy DELETE /auth/policies/{policyId}
listGroupMembers GET /auth/groups/{groupId}/members
addGroupMembership PUT /auth/groups/{groupId}/members/{userId}
deleteGroupMembership DELETE /auth/groups/{groupId}/members/{userId}
listUserCredentials GET /auth/users/{userId}/credentials
createCredentials POST /auth/users/{userId}/credentials
getCredentials GET /auth/users/{userId}/credentials/{accessKeyId}
deleteCredentials DELETE /auth/users/{userId}/credentials/{accessKeyId}
listUserGroups GET /auth/users/{userId}/groups
listUserPolicies GET /auth/users/{userId}/policies
attachPolicyToUser PUT /auth/users/{userId}/policies/{policyId}
detachPolicyFromUser DELETE /auth/users/{userId}/policies/{policyId}
createUserExternalPrincipal POST /auth/users/{userId}/external/principals
deleteUserExternalPrincipal DELETE /auth/users/{userId}/external/principals
listUserExternalPrincipals GET /auth/users/{userId}/external/principals/ls
getExternalPrincipal GET /auth/external/principals
listGroupPolicies GET /auth/groups/{groupId}/policies
attachPolicyToGroup PUT /auth/groups/{groupId}/policies/{policyId}
detachPolicyFromGroup DELETE /auth/groups/{groupId}/policies/{policyId}
getGroupACL GET /auth/groups/{groupId}/acl
setGroupACL POST /auth/groups/{groupId}/acl
listRepositories GET /repositories
createRepository POST /repositories
getRepository GET /repositories/{repository}
deleteRepository DELETE /repositories/{repository}
getRepositoryMetadata GET /repositories/{repository}/metadata
setRepositoryMetadata POST /repositories/{repository}/metadata
deleteRepositoryMetadata DELETE /repositories/{repository}/metadata
getGCRules GET /repositories/{repository}/settings/gc_rules
setGCRules PUT /repositories/{repository}/settings/gc_rules
deleteGCRules DELETE /repositories/{repository}/settings/gc_rules
getBranchProtectionRules GET /repositories/{repository}/settings/branch_protection
setBranchProtectionRules PUT /repositories/{repository}/settings/branch_protection
dumpRefs PUT /repositories/{repository}/refs/dump
restoreRefs PUT /repositories/{repository}/refs/restore
dumpStatus GET /repositories/{repository}/dump
dumpSubmit POST /repositories/{repository}/dump
restoreStatus GET /repositories/{repository}/restore
restoreSubmit POST /repositories/{repository}/restore
listTags GET /repositories/{repository}/tags
createTag POST /repositories/{repository}/tags
getTag GET /repositories/{repository}/tags/{tag}
deleteTag DELETE /repositories/{repository}/tags/{tag}
listBranches GET /repositories/{repository}/branches
createBranch POST /repositories/{repository}/branches
logCommits GET /repositories/{repository}/refs/{ref}/commits
commit POST /repositories/{repository}/branches/{branch}/commits
CreateCommitRecord POST /repositories/{repository}/commits
getBranch GET /repositories/{repository}/branches/{branch}
resetBranch PUT /repositories/{repository}/branches/{branch}
deleteBranch DELETE /repositories/{repository}/branches/{branch}
hardResetBranch PUT /repositories/{repository}/branches/{branch}/hard_reset
revertBranch POST /repositories/{repository}/branches/{branch}/revert
cherryPick POST /repositories/{repository}/branches/{branch}/cherry-pick
findMergeBase GET /repositories/{repository}/refs/{sourceRef}/merge/{destinationBranch}
mergeIntoBranch POST /repositories/{repository}/refs/{sourceRef}/merge/{destinationBranch}
diffBranch GET /repositories/{repository}/branches/{branch}/diff
diffRefs GET /repositories/{repository}/refs/{leftRef}/diff/{rightRef}
getCommit GET /repositories/{repository}/commits/{commitId}
getObject GET /repositories/{repository}/refs/{ref}/objects
headObject HEAD /repositories/{repository}/refs/{ref}/objects
createPresignMultipartUpload POST /repositories/{repository}/branches/{branch}/staging/pmpu
completePresignMultipartUpload PUT /repositories/{repository}/branches/{branch}/staging/pmpu/{uploadId}
abortPresignMultipartUpload DELETE /repositories/{repository}/branches/{branch}/staging/pmpu/{uploadId}
uploadPart PUT /repositories/{repository}/branches/{branch}/staging/pmpu/{uploadId}/parts/{partNumber}
uploadPartCopy PUT /repositories/{repository}/branches/{branch}/staging/pmpu/{uploadId}/parts/{partNumber}/copy
getPhysicalAddress GET /repositories/{repository}/branches/{branch}/staging/backing
linkPhysicalAddress PUT /repositories/{repository}/branches/{branch}/staging/backing
importStatus GET /repositories/{repository}/branches/{branch}/import
importStart POST /repositories/{repository}/branches/{branch}/import
importCancel DELETE /repositories/{repository}/branches/{branch}/import
uploadObjectPreflight GET /repositories/{repository}/branches/{branch}/objects/stage_allowed
uploadObject POST /repositories/{repository}/branches/{branch}/objects
stageObject PUT /repositories/{repository}/branches/{branch}/objects
deleteObject DELETE /repositories/{repository}/branches/{branch}/objects
deleteObjects POST /repositories/{repository}/branches/{branch}/objects/delete
copyObject POST /repositories/{repository}/branches/{branch}/objects/copy
statObject GET /repositories/{repository}/refs/{ref}/objects/stat
updateObjectUserMetadata PUT /repositories/{repository}/branches/{branch}/objects/stat/user_metadata
getUnderlyingProperties GET /repositories/{repository}/refs/{ref}/objects/underlyingProperties
listObjects GET /repositories/{repository}/refs/{ref}/objects/ls
createSymlinkFile POST /repositories/{repository}/refs/{branch}/symlink
listRepositoryRuns GET /repositories/{repository}/actions/runs
getRun GET /repositories/{repository}/actions/runs/{run_id}
listRunHooks GET /repositories/{repository}/actions/runs/{run_id}/hooks
getRunHookOutput GET /repositories/{repository}/actions/runs/{run_id}/hooks/{hook_run_id}/output
getMetadataObject GET /repositories/{repository}/metadata/object/{type}/{object_id}
getMetaRange GET /repositories/{repository}/metadata/meta_range/{meta_range}
getRange GET /repositories/{repository}/metadata/range/{range}
setGarbageCollectionRulesPreflight GET /repositories/{repository}/gc/rules/set_allowed
internalGetGarbageCollectionRules GET /repositories/{repository}/gc/rules
internalSetGarbageCollectionRules POST /repositories/{repository}/gc/rules
internalDeleteGarbageCollectionRules DELETE /repositories/{repository}/gc/rules
prepareGarbageCollectionCommits POST /repositories/{repository}/gc/prepare_commits
prepareGarbageCollectionCommitsAsync POST /repositories/{repository}/gc/prepare_commits/async
prepareGarbageCollectionCommitsStatus GET /repositories/{repository}/gc/prepare_commits/status
prepareGarbageCollectionUncommitted POST /repositories/{repository}/gc/prepare_uncommited
createBranchProtectionRulePreflight GET /repositories/{repository}/branch_protection/set_allowed
internalGetBranchProtectionRules GET /repositories/{repository}/branch_protection
internalCreateBranchProtectionRule POST /repositories/{repository}/branch_protection
internalDeleteBranchProtectionRule DELETE /repositories/{repository}/branch_protection
listPullRequests GET /repositories/{repository}/pulls
createPullRequest POST /repositories/{repository}/pulls
getPullRequest GET /repositories/{repository}/pulls/{pull_request}
updatePullRequest PATCH /repositories/{repository}/pulls/{pull_request}
mergePullRequest PUT /repositories/{repository}/pulls/{pull_request}/merge
healthCheck GET /healthcheck public
getConfig GET /config
getLakeFSVersion GET /config/version
getStorageConfig GET /config/storage
getGarbageCollectionConfig GET /config/garbage-collection
postStatsEvents POST /statistics
getUsageReportSummary GET /usage-report/summary
oauthCallback GET /oidc/callback public
"""

_READING = frozenset({"login"})
_HANDLERS: Mapping[str, Handler] = {
    **accounts.ROUTES,
    **commits.ROUTES,
    **imports.ROUTES,
    **objects.ROUTES,
    **pulls.ROUTES,
    **refs.ROUTES,
    **repositories.ROUTES,
    **server.ROUTES,
    **staging.ROUTES,
    **tasks.ROUTES,
}


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. Without a handler it is answered with 501."""

    operation: str
    method: str
    path: str
    public: bool
    handler: Handler | None

    @property
    def mutates(self) -> bool:
        """Whether a success changes state."""
        return self.method not in ("GET", "HEAD") and self.operation not in _READING

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """Return the path parameters, still escaped, or None."""
        params: dict[str, str] = {}
        for pattern, segment in zip(self.path.split("/")[1:], segments, strict=True):
            if pattern.startswith("{"):
                params[pattern[1:-1]] = segment
            elif pattern != segment:
                return None
        return params


@cache
def routes() -> tuple[Route, ...]:
    """Return all operations."""
    rows = [line.split() for line in _TABLE.strip().splitlines()]
    return tuple(Route(row[0], row[1], row[2], "public" in row[3:], _HANDLERS.get(row[0])) for row in rows)


@cache
def _by_length() -> Mapping[int, list[Route]]:
    lengths: dict[int, list[Route]] = {}
    for route in routes():
        lengths.setdefault(route.path.count("/"), []).append(route)
    for group in lengths.values():
        # Fixed segments win over parameters.
        group.sort(key=lambda route: route.path.count("{"))
    return lengths


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | list[str] | None:
    """
    Find the operation for a method and an escaped path below the base path.

    Returns:
        The route and its path parameters; None when no route has this path; the allowed methods when
        the path exists with others only.
    """
    segments = path.split("/")[1:]
    others: list[str] = []
    for route in _by_length().get(len(segments), ()):
        params = route.match(segments)
        if params is None:
            continue
        if route.method == method:
            return route, params
        others.append(route.method)
    return others or None
