"""Artifact storage of the W&B test server: logged artifacts are stored and can be downloaded."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

Answered = dict[str, Any]
WHEN = "2026-01-01T00:00:00"
PAGE = {"endCursor": None, "hasNextPage": False}


@dataclass
class Version:
    """One version of an artifact: the run it came from, its files by name."""

    id: str
    collection: str
    kind: str
    run: str
    index: int
    aliases: list[str]
    metadata: dict[str, Any]
    digest: str
    state: str = "PENDING"
    manifest: bytes = b""
    files: dict[str, bytes] = field(default_factory=dict)


class Artifacts:
    """Collections of versions, fed by GraphQL operations and uploads."""

    def __init__(self) -> None:
        self.versions: list[Version] = []
        self._answers = {
            "ArtifactType": self._type,
            "CreateArtifact": self._create,
            "CreateArtifactManifest": self._create_manifest,
            "UpdateArtifactManifest": self._create_manifest,
            "CreateArtifactFiles": self._create_files,
            "CommitArtifact": self._commit,
            "ArtifactMembershipByName": self._membership,
            "FetchArtifactManifest": self._fetch_manifest,
            "GetArtifactMembershipFileUrls": self._file_urls,
        }

    def named(self, collection: str, alias: str = "latest") -> Version | None:
        """The committed version of that alias, or of that index (v0)."""
        found = [v for v in self.versions if v.collection == collection and v.state == "COMMITTED"]
        return next((v for v in reversed(found) if alias in (*v.aliases, f"v{v.index}")), None)

    def answer(self, operation: str, variables: dict[str, Any], host: str) -> Answered | None:
        """What the server says to an operation about artifacts; None if it is about something else."""
        return self._answers[operation](variables, host) if operation in self._answers else None

    def put(self, path: str, body: bytes) -> None:
        """An upload to an address that `answer` gave out."""
        version, name = self._place(path)
        if name == "MANIFEST":
            version.manifest = body
        else:
            version.files[name] = body

    def get(self, path: str) -> bytes:
        version, name = self._place(path)
        return version.manifest if name == "MANIFEST" else version.files[name]

    def add(self, collection: str, files: dict[str, bytes]) -> Version:
        """A version as somebody else may have logged it."""
        entries = {
            name: {"digest": base64.b64encode(hashlib.md5(content).digest()).decode(), "size": len(content)}
            for name, content in files.items()
        }
        policy = {"storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {"storageLayout": "V2"}}
        manifest = json.dumps({"version": 1, **policy, "contents": entries}).encode()
        number = len(self.versions)
        version = Version(str(number), collection, "config", "somebody", 0, ["latest"], {}, "", "COMMITTED", manifest)
        version.files = files
        self.versions.append(version)
        return version

    def _place(self, path: str) -> tuple[Version, str]:
        _, _, number, name = path.split("/", 3)
        return self.versions[int(number)], name

    def _type(self, variables: dict[str, Any], host: str) -> Answered:
        version = self.named(*variables["name"].split(":"))
        return {"project": {"artifact": {"artifactType": {"name": version.kind}} if version else None}}

    def _create(self, variables: dict[str, Any], host: str) -> Answered:
        given = variables["input"]
        same = [v for v in self.versions if v.collection == given["artifactCollectionName"]]
        version = next((v for v in same if v.digest == given["digest"] and v.state == "COMMITTED"), None)
        if version is None:
            name, kind, run = (given[key] for key in ("artifactCollectionName", "artifactTypeName", "runName"))
            metadata = json.loads(given.get("metadata") or "{}")
            version = Version(str(len(self.versions)), name, kind, run, len(same), [], metadata, given["digest"])
            self.versions.append(version)
        self._point(version, [alias["alias"] for alias in given.get("aliases") or []])
        described = {"id": version.id, "state": version.state, "artifactSequence": {"id": "s", "latestArtifact": None}}
        return {"createArtifact": {"artifact": described}}

    def _point(self, version: Version, aliases: list[str]) -> None:
        """An alias belongs to one version of a collection."""
        for other in self.versions:
            if other.collection == version.collection:
                other.aliases = [alias for alias in other.aliases if alias not in aliases]
        version.aliases += aliases

    def _create_manifest(self, variables: dict[str, Any], host: str) -> Answered:
        number = variables.get("artifactID") or variables["artifactManifestID"]
        upload = {"uploadUrl": f"http://{host}/artifacts/{number}/MANIFEST", "uploadHeaders": []}
        made = {"artifactManifest": {"id": number, "file": {"id": "f", **upload}}}
        return {"createArtifactManifest": made, "updateArtifactManifest": made}

    def _create_files(self, variables: dict[str, Any], host: str) -> Answered:
        nodes: list[dict[str, Any]] = [
            {
                "storagePath": f"artifacts/{file['artifactID']}/{file['name']}",
                "uploadUrl": f"http://{host}/artifacts/{file['artifactID']}/{file['name']}",
                "uploadHeaders": [],
                "uploadMultipartUrls": None,
                "artifact": {"id": file["artifactID"]},
            }
            for file in variables["input"]["artifactFiles"]
        ]
        return {"createArtifactFiles": {"files": {"edges": [{"node": node} for node in nodes]}}}

    def _commit(self, variables: dict[str, Any], host: str) -> Answered:
        version = self.versions[int(variables["artifactID"])]
        version.state = "COMMITTED"
        return {"commitArtifact": {"artifact": {"id": version.id, "digest": version.digest}}}

    def _membership(self, variables: dict[str, Any], host: str) -> Answered:
        version = self.named(*variables["name"].split(":"))
        if version is None:
            return {"project": {"artifactCollectionMembership": None}}
        place = {
            "id": "p",
            "internalId": "1",
            "name": variables["project"],
            "entity": {"id": "e", "name": variables["entity"]},
        }
        collection = {"__typename": "ArtifactSequence", "id": "s", "name": version.collection, "project": place}
        collection |= {"entity": place["entity"], "projectName": place["name"]}
        artifact = {
            **{"__typename": "Artifact", "id": version.id, "artifactSequence": collection, "aliases": []},
            **{"versionIndex": version.index, "artifactType": {"name": version.kind}, "description": None},
            **{"metadata": json.dumps(version.metadata), "ttlDurationSeconds": -1, "ttlIsInherited": True, "tags": []},
            **{"historyStep": None, "state": version.state, "digest": version.digest, "commitHash": "c"},
            **{"digestAlgorithm": "MANIFEST_MD5", "size": sum(map(len, version.files.values()))},
            **{"fileCount": len(version.files), "createdAt": WHEN, "updatedAt": None},
        }
        aliases = [{"__typename": "ArtifactAlias", "id": alias, "alias": alias} for alias in version.aliases]
        member = {
            "__typename": "ArtifactCollectionMembership",
            "id": "m",
            "createdAt": WHEN,
            "versionIndex": version.index,
        }
        member |= {"artifact": artifact, "artifactCollection": collection, "aliases": aliases}
        return {"project": {"artifactCollectionMembership": member}}

    def _fetch_manifest(self, variables: dict[str, Any], host: str) -> Answered:
        address = f"http://{host}/artifacts/{variables['id']}/MANIFEST"
        return {"artifact": {"currentManifest": {"file": {"directUrl": address}}}}

    def _file_urls(self, variables: dict[str, Any], host: str) -> Answered:
        version = self.named(variables["collection"], variables["alias"])
        assert version is not None
        nodes = [
            {"__typename": "File", "name": name, "directUrl": f"http://{host}/artifacts/{version.id}/{name}"}
            for name in version.files
        ]
        files = {"pageInfo": {"__typename": "PageInfo", **PAGE}, "edges": [{"node": node} for node in nodes]}
        membership = {"__typename": "ArtifactSequence", "artifactMembership": {"files": files}}
        return {"project": {"artifactCollection": membership}}
