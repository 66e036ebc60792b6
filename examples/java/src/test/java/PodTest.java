import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A cluster for Java tests: `mvn test`. KUBETTE names the command line of kubette. */
class PodTest {
  static Process server;
  static Path kubeconfig;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("kubette");
    Path ready = folder.resolve("ready");
    kubeconfig = folder.resolve("kubeconfig");
    List<String> command = new ArrayList<>(List.of(System.getenv().getOrDefault("KUBETTE", "npx kubette").split(" ")));
    command.addAll(List.of("serve", "--in-memory", "--port", "0", "--kubeconfig", kubeconfig.toString(), "--ready-file", ready.toString()));
    server = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    while (!Files.exists(ready)) {
      if (!server.isAlive()) throw new IllegalStateException("kubette ended with exit code " + server.exitValue());
      Thread.sleep(20);
    }
  }

  @AfterAll
  static void stop() throws InterruptedException {
    server.destroy();
    server.waitFor();
  }

  @Test
  void aPodRuns() throws IOException {
    Config config = Config.fromKubeconfig(Files.readString(kubeconfig));
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build()) {
      var pod = new PodBuilder().withNewMetadata().withName("web").endMetadata().withNewSpec().addNewContainer().withName("main").withImage("nginx").endContainer().endSpec().build();
      client.pods().inNamespace("default").resource(pod).create();
      var running = client.pods().inNamespace("default").withName("web").waitUntilCondition(it -> it != null && "Running".equals(it.getStatus().getPhase()), 20, TimeUnit.SECONDS);
      assertEquals("Running", running.getStatus().getPhase());
    }
  }
}
