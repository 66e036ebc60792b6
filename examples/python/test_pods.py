"""A cluster for Python tests: `pip install kubernetes pytest`, then `pytest`. KUBETTE names the command line of kubette."""
import os
import pathlib
import shlex
import subprocess
import tempfile
import time
import unittest

from kubernetes import client, config, watch

KUBETTE = shlex.split(os.environ.get("KUBETTE", "npx kubette"))


class Cluster:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        ready = pathlib.Path(self.folder.name, "ready")
        self.kubeconfig = str(pathlib.Path(self.folder.name, "kubeconfig"))
        self.process = subprocess.Popen(
            [*KUBETTE, "serve", "--in-memory", "--port", "0", "--kubeconfig", self.kubeconfig, "--ready-file", str(ready)], stdout=subprocess.DEVNULL
        )
        while not ready.exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"kubette ended with exit code {self.process.returncode}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


class PodTest(unittest.TestCase):
    def test_a_pod_runs(self):
        with Cluster() as cluster:
            core = client.CoreV1Api(config.new_client_from_config(cluster.kubeconfig))
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [{"name": "main", "image": "nginx"}]}}
            core.create_namespaced_pod("default", pod)
            phase = None
            for event in watch.Watch().stream(core.list_namespaced_pod, "default", timeout_seconds=20):
                phase = event["object"].status.phase
                if phase == "Running":
                    break
            self.assertEqual(phase, "Running")


if __name__ == "__main__":
    unittest.main()
