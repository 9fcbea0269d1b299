import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * One Elasticsearch node on loopback until SIGTERM: what the start script of a full distribution does, less what needs
 * one (key store, security, native controllers).
 *
 * <p>Arguments: the folder with modules and configuration, the folder for data and logs, the HTTP port, the range of
 * transport ports.
 */
public final class EmbeddedNode {
    private static final String NAME = "imapp";

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]);
        Path folder = Path.of(arguments[1]);
        ServerSocket reserved = reserve(Integer.parseInt(arguments[2]));
        prepareLogging(home, folder);
        Environment environment = new Environment(settings(home, folder, arguments[2], arguments[3]), home.resolve("config"));
        LogConfigurator.configure(environment, true);
        PluginsLoader plugins = PluginsLoader.createPluginsLoader(
                PluginsLoader.loadModulesBundles(environment.modulesDir()),
                PluginsLoader.loadPluginsBundles(environment.pluginsDir()),
                Map.of(),
                false);
        Node node = new Node(environment, plugins);
        reserved.close();
        serve(node);
    }

    /** Take the port at once: a node takes its own some ten seconds later, and somebody else could choose it meanwhile. */
    private static ServerSocket reserve(int port) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return socket;
    }

    private static void prepareLogging(Path home, Path folder) {
        System.setProperty("es.path.home", home.toString());
        System.setProperty("es.logs.base_path", folder.resolve("logs").toString());
        System.setProperty("es.logs.cluster_name", NAME);
        System.setProperty("es.logs.node_name", NAME);
        LogConfigurator.setNodeName(NAME);
        LogConfigurator.configureESLogging();
    }

    private static Settings settings(Path home, Path folder, String httpPort, String transportPorts) {
        return Settings.builder()
                .put("path.home", home.toString())
                .put("path.data", folder.resolve("data").toString())
                .put("path.logs", folder.resolve("logs").toString())
                .put("cluster.name", NAME)
                .put("node.name", NAME)
                .put("discovery.type", "single-node")
                .put("network.host", "127.0.0.1")
                .put("http.port", httpPort)
                .put("transport.port", transportPorts)
                // On a full disk of a developer's machine indices would turn read-only.
                .put("cluster.routing.allocation.disk.threshold_enabled", false)
                .build();
    }

    private static void serve(Node node) throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception failure) {
                failure.printStackTrace();
            } finally {
                stopped.countDown();
            }
        }));
        node.start();
        // All of the node's own threads are daemons.
        stopped.await();
    }
}
