// A cluster for Go tests: `go mod tidy && go test ./...`. KUBETTE names the command line of kubette.
package kubette_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// startCluster runs kubette until the test ends and returns the path of its kubeconfig.
func startCluster(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	ready, kubeconfig := filepath.Join(folder, "ready"), filepath.Join(folder, "kubeconfig")
	command := os.Getenv("KUBETTE")
	if command == "" {
		command = "npx kubette"
	}
	words := append(strings.Fields(command), "serve", "--in-memory", "--port", "0", "--kubeconfig", kubeconfig, "--ready-file", ready)
	server := exec.Command(words[0], words[1:]...)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		_ = server.Wait()
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(ready); err == nil {
			return kubeconfig
		}
		if time.Now().After(deadline) {
			t.Fatal("kubette did not become ready")
		}
	}
}

func TestPodRuns(t *testing.T) {
	config, err := clientcmd.BuildConfigFromFlags("", startCluster(t))
	if err != nil {
		t.Fatal(err)
	}
	pods := kubernetes.NewForConfigOrDie(config).CoreV1().Pods("default")
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "nginx"}}}}
	if _, err := pods.Create(context.Background(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	err = wait.PollUntilContextTimeout(context.Background(), 50*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
		found, err := pods.Get(ctx, "web", metav1.GetOptions{})
		return err == nil && found.Status.Phase == corev1.PodRunning, err
	})
	if err != nil {
		t.Fatal(err)
	}
}
