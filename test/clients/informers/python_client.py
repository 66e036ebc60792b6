"""The Python client, for informers.test.ts: lists, watches from the list's resourceVersion, resumes, and lists again after 410.

What go/main.go is for client-go; the Python client has no informers, this loop is what its users write.
"""

import json
import sys
import threading
import time

from kubernetes import client, config, watch
from urllib3.exceptions import HTTPError

config.load_kube_config(sys.argv[1])
core = client.CoreV1Api()
lock = threading.Lock()
objects = {}
counts = {"list": 0, "resume": 0, "expired": 0, "ADDED": 0, "MODIFIED": 0, "DELETED": 0}
problems = []
synced = threading.Event()


def key(item):
    return f"{item.metadata.namespace}/{item.metadata.name}"


def version(item):
    return int(item.metadata.resource_version)


def note(kind, item):
    name, now = key(item), version(item)
    with lock:
        known = objects.get(name)
        counts[kind] += 1
        # An object that is created anew under an old name comes after the deletion of the old one.
        if (kind == "ADDED") != (known is None) or (known is not None and now <= known):
            problems.append(f"{kind} of {name} at {now} after {known}")
        if kind == "DELETED":
            objects.pop(name, None)
        else:
            objects[name] = now


def relist():
    items = core.list_config_map_for_all_namespaces()
    with lock:
        objects.clear()
        objects.update({key(item): version(item) for item in items.items})
        counts["list"] += 1
    synced.set()
    return items.metadata.resource_version


def follow():
    at = None
    while True:
        try:
            if at is None:
                at = relist()
            for event in watch.Watch().stream(core.list_config_map_for_all_namespaces, resource_version=at, allow_watch_bookmarks=True, timeout_seconds=300):
                if event["type"] == "BOOKMARK":
                    at = event["raw_object"]["metadata"]["resourceVersion"]
                    continue
                note(event["type"], event["object"])
                at = event["object"].metadata.resource_version
        except client.ApiException as error:
            if error.status != 410:
                time.sleep(0.1)
                continue
            with lock:
                counts["expired"] += 1
            at = None
        except (HTTPError, OSError):
            time.sleep(0.1)
        with lock:
            counts["resume"] += 1


threading.Thread(target=follow, daemon=True).start()
synced.wait()
print(json.dumps({"synced": True}), flush=True)
for _ in sys.stdin:
    wanted = {key(item): version(item) for item in core.list_config_map_for_all_namespaces().items}
    end = time.monotonic() + 30
    while True:
        with lock:
            found = dict(objects)
        if found == wanted or time.monotonic() > end:
            break
        time.sleep(0.02)
    differing = [name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)]
    said = [f"cache: {name} at {found.get(name)}, not {wanted.get(name)}" for name in differing[:3]]
    with lock:
        print(json.dumps({"objects": len(wanted), "counts": {"watch": counts}, "problems": said + problems}), flush=True)
