// loadgen measures a Kubernetes API server from outside, over HTTP/1.1 with keep-alive connections.
// It prints one JSON object: the same work on two servers gives ratios.
//
//	loadgen --server https://127.0.0.1:6443 --token T [--pods 2000] [--watchers 100] [--clients 16] [--pid P,P]
//	loadgen --server … --cert FILE --key FILE      (client certificate, PEM)
//	loadgen --only create,get,list                 (creates the pods in any case)
//
// Pods are created unscheduled in their own namespace (schedulerName: none), so only the API server works.
// With --pid every figure has the CPU time that these processes used for it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	pods     = flag.Int("pods", 2000, "number of pods")
	watchers = flag.Int("watchers", 100, "number of concurrent watches")
	updates  = flag.Int("updates", 200, "number of updates that every watcher sees")
	clients  = flag.Int("clients", 16, "number of concurrent clients")
	rounds   = flag.Int("rounds", 20, "how often each list is asked for")
	keep     = flag.Bool("keep", false, "leave the pods")
	sizes    = flag.String("growth", "", "instead of all that: single operations at these numbers of pods, comma-separated")
	only     = flag.String("only", "", "comma-separated operations to measure; all by default")
)

const (
	tableType    = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
	metadataType = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
)

func main() {
	flag.Parse()
	connect()
	chosen := map[string]bool{}
	for _, name := range strings.Split(*only, ",") {
		chosen[name] = *only != ""
	}
	result := map[string]any{"server": *server, "rss_idle_mb": memory()}
	measure := func(name string, f func() stats) {
		if *only != "" && !chosen[name] {
			return
		}
		before := cpuSeconds()
		s := f()
		s.CPU = (cpuSeconds() - before) * 1000 / float64(s.N)
		result[name] = s
	}
	ns, base := prepare()
	if *sizes != "" {
		result["growth"] = growth(base, *sizes)
		print(result)
		return
	}
	measure("create_sequential", func() stats {
		return parallel(200, 1, func(i int) error { return ok(do("POST", base, "application/json", "", pod(900000+i))) })
	})
	created := cpuSeconds()
	create := parallel(*pods, *clients, func(i int) error { return ok(do("POST", base, "application/json", "", pod(i))) })
	create.CPU = (cpuSeconds() - created) * 1000 / float64(*pods)
	result["create"] = create
	measure("get", func() stats {
		return parallel(*pods*2, *clients, func(i int) error {
			return ok(do("GET", fmt.Sprintf("%s/p%06d", base, i%*pods), "", "", nil))
		})
	})
	measure("patch", func() stats {
		return parallel(*pods, *clients, func(i int) error {
			return ok(do("PATCH", fmt.Sprintf("%s/p%06d", base, i), "application/merge-patch+json", "", []byte(`{"metadata":{"labels":{"patched":"yes"}}}`)))
		})
	})
	measure("patch_strategic_status", func() stats {
		return parallel(*pods, *clients, func(i int) error {
			return ok(do("PATCH", fmt.Sprintf("%s/p%06d/status", base, i), "application/strategic-merge-patch+json", "", []byte(`{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}`)))
		})
	})
	measure("apply", func() stats {
		return parallel(*pods/2, *clients, func(i int) error {
			name := fmt.Sprintf("c%06d", i%(*pods/4))
			path := "/api/v1/namespaces/" + ns + "/configmaps/" + name + "?fieldManager=bench&force=true"
			body := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s"},"data":{"i":"%d","a":"b"}}`, name, i)
			return ok(do("PATCH", path, "application/apply-patch+yaml", "", []byte(body)))
		})
	})
	list := func(name, query, accept string, n, clients int) {
		measure(name, func() stats {
			var size atomic.Int64
			buffers := sync.Pool{New: func() any { return make([]byte, 256*1024) }}
			s := parallel(n, clients, func(int) error {
				buffer := buffers.Get().([]byte)
				defer buffers.Put(buffer)
				got, err := download(base+query, accept, buffer)
				size.Store(int64(got))
				return err
			})
			s.Bytes = int(size.Load())
			return s
		})
	}
	list("list", "", "", *rounds, 1)
	list("list_rv0", "?resourceVersion=0", "", *rounds, 1)
	list("list_parallel", "", "", 32, 8)
	list("list_selector_1pct", "?labelSelector=shard%3Ds7", "", *rounds*5/2, 1)
	list("list_page_500", "?limit=500", "", *rounds, 1)
	list("list_table", "", tableType, *rounds, 1)
	list("list_metadata", "", metadataType, *rounds, 1)
	result["rss_loaded_mb"] = memory()
	if *only == "" || chosen["watch"] {
		result["watch"] = watch(base)
		result["rss_after_watch_mb"] = memory()
	}
	if !*keep {
		before := cpuSeconds()
		t := time.Now()
		must(do("DELETE", base+"?gracePeriodSeconds=0", "", "", nil))
		result["deletecollection"] = map[string]any{"s": time.Since(t).Seconds(), "cpu_s": cpuSeconds() - before}
		do("DELETE", "/api/v1/namespaces/"+ns, "", "", nil)
	}
	print(result)
}

func print(result map[string]any) {
	out, err := json.MarshalIndent(result, "", " ")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(out))
}

// prepare makes a namespace with its default service account, without which no pod is admitted.
func prepare() (ns, base string) {
	ns = fmt.Sprintf("bench-%d", time.Now().UnixNano()%1e9)
	must(do("POST", "/api/v1/namespaces", "application/json", "", []byte(`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"`+ns+`"}}`)))
	for i := 0; i < 100; i++ { // a controller may make it, or nobody
		if code, _, _ := do("GET", "/api/v1/namespaces/"+ns+"/serviceaccounts/default", "", "", nil); code == 200 {
			break
		}
		do("POST", "/api/v1/namespaces/"+ns+"/serviceaccounts", "application/json", "", []byte(`{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}`))
		time.Sleep(50 * time.Millisecond)
	}
	return ns, "/api/v1/namespaces/" + ns + "/pods"
}

func pod(i int) []byte {
	return []byte(fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p%06d","labels":{"app":"bench","shard":"s%d","tier":"backend"},"annotations":{"example.com/owner":"team-a","example.com/note":"a pod of the load generator"}},"spec":{"schedulerName":"none","containers":[{"name":"main","image":"registry.example/app:v1.2.3","command":["/app","--port=8080"],"env":[{"name":"A","value":"1"},{"name":"B","value":"two"},{"name":"POD","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],"ports":[{"containerPort":8080,"name":"http"}],"resources":{"requests":{"cpu":"100m","memory":"64Mi"},"limits":{"cpu":"500m","memory":"128Mi"}},"readinessProbe":{"httpGet":{"path":"/healthz","port":8080}},"livenessProbe":{"httpGet":{"path":"/healthz","port":8080}},"volumeMounts":[{"name":"data","mountPath":"/data"}]}],"volumes":[{"name":"data","emptyDir":{}}]}}`, i, i%100))
}
