// Informers of client-go in all their forms, for informers.test.ts: follows the ConfigMaps of a cluster, and on "check" waits
// until every cache equals a list, then tells what it has seen. Each problem is one line; none means that all went well.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
)

var configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}

// follower checks what an informer is told: versions of an object only grow, and nothing is added or deleted twice.
type follower struct {
	name     string
	informer cache.SharedIndexInformer
	queue    workqueue.TypedRateLimitingInterface[string]

	mu       sync.Mutex
	seen     map[string]uint64
	worked   map[string]uint64
	counts   map[string]int
	problems []string
}

func follow(name string, informer cache.SharedIndexInformer) *follower {
	f := &follower{name: name, informer: informer, seen: map[string]uint64{}, worked: map[string]uint64{}, counts: map[string]int{}}
	f.queue = workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())
	must(informer.AddIndexers(cache.Indexers{"label": func(object any) ([]string, error) {
		m, err := meta.Accessor(object)
		return []string{m.GetLabels()["shard"]}, err
	}}))
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) {
			f.note("add", object, func(last, now uint64, known bool) bool { return !known })
		},
		UpdateFunc: func(_, object any) {
			f.note("update", object, func(last, now uint64, known bool) bool { return known && now >= last })
		},
		DeleteFunc: func(object any) {
			if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = tombstone.Obj
			}
			f.note("delete", object, func(last, now uint64, known bool) bool { return known && now >= last })
		},
	})
	must(err)
	return f
}

func (f *follower) note(what string, object any, fits func(last, now uint64, known bool) bool) {
	m, err := meta.Accessor(object)
	must(err)
	// An object that was replaced by another of its name between two lists is an update to client-go.
	key := m.GetNamespace() + "/" + m.GetName()
	now := version(m)
	f.mu.Lock()
	defer f.mu.Unlock()
	last, known := f.seen[key]
	if !fits(last, now, known) {
		f.problems = append(f.problems, fmt.Sprintf("%s: %s of %s at %d after %d (known: %v)", f.name, what, m.GetName(), now, last, known))
	}
	f.counts[what]++
	f.seen[key] = now
	if what == "delete" {
		delete(f.seen, key)
	}
	f.queue.Add(key)
}

func (f *follower) work() {
	for {
		key, shutdown := f.queue.Get()
		if shutdown {
			return
		}
		object, exists, err := f.informer.GetStore().GetByKey(key)
		must(err)
		f.mu.Lock()
		delete(f.worked, key)
		if exists {
			m, _ := meta.Accessor(object)
			f.worked[key] = version(m)
		}
		f.mu.Unlock()
		f.queue.Done(key)
	}
}

// differences from a list, ” when there are none: of the store, the index, and what the worker has seen last.
func (f *follower) differences(wanted map[string]uint64) string {
	have := map[string]uint64{}
	for _, object := range f.informer.GetStore().List() {
		m, _ := meta.Accessor(object)
		have[m.GetNamespace()+"/"+m.GetName()] = version(m)
	}
	indexed := 0
	for _, value := range f.informer.GetIndexer().ListIndexFuncValues("label") {
		objects, err := f.informer.GetIndexer().ByIndex("label", value)
		must(err)
		indexed += len(objects)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for what, found := range map[string]map[string]uint64{"cache": have, "worker": f.worked} {
		if difference := unlike(found, wanted); difference != "" {
			return what + ": " + difference
		}
	}
	if indexed != len(wanted) {
		return fmt.Sprintf("index: %d objects, not %d", indexed, len(wanted))
	}
	return ""
}

func unlike(have, wanted map[string]uint64) string {
	for key, version := range wanted {
		if have[key] != version {
			return fmt.Sprintf("%s at %d, not %d", key, have[key], version)
		}
	}
	if len(have) != len(wanted) {
		return fmt.Sprintf("%d objects, not %d", len(have), len(wanted))
	}
	return ""
}

func version(m metav1.Object) uint64 {
	v, err := strconv.ParseUint(m.GetResourceVersion(), 10, 64)
	must(err)
	return v
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func typedInformer(config *rest.Config, contentType string) cache.SharedIndexInformer {
	scheme := runtime.NewScheme()
	must(corev1.AddToScheme(scheme))
	c := rest.CopyConfig(config)
	c.APIPath = "/api"
	c.GroupVersion = &corev1.SchemeGroupVersion
	c.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	c.ContentType = contentType
	c.AcceptContentTypes = contentType
	client, err := rest.RESTClientFor(c)
	must(err)
	return cache.NewSharedIndexInformer(cache.NewListWatchFromClient(client, "configmaps", metav1.NamespaceAll, fields.Everything()), &corev1.ConfigMap{}, 0, cache.Indexers{})
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	must(err)
	config.QPS, config.Burst = -1, 0
	dynamicClient, err := dynamic.NewForConfig(config)
	must(err)
	metadataClient, err := metadata.NewForConfig(config)
	must(err)
	followers := []*follower{
		follow("shared informer, JSON", typedInformer(config, "application/json")),
		follow("shared informer, protobuf", typedInformer(config, "application/vnd.kubernetes.protobuf")),
		follow("dynamic informer", dynamicinformer.NewDynamicSharedInformerFactory(dynamicClient, 0).ForResource(configMaps).Informer()),
		follow("metadata informer", metadatainformer.NewSharedInformerFactory(metadataClient, 0).ForResource(configMaps).Informer()),
	}
	ctx := context.Background()
	for _, f := range followers {
		go f.informer.RunWithContext(ctx)
		go f.work()
	}
	for _, f := range followers {
		cache.WaitForCacheSync(ctx.Done(), f.informer.HasSynced)
	}
	fmt.Println(`{"synced":true}`)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		report(ctx, metadataClient, followers)
	}
}

func report(ctx context.Context, client metadata.Interface, followers []*follower) {
	wanted := map[string]uint64{}
	list, err := client.Resource(configMaps).List(ctx, metav1.ListOptions{})
	must(err)
	for i := range list.Items {
		wanted[list.Items[i].Namespace+"/"+list.Items[i].Name] = version(&list.Items[i])
	}
	problems := []string{}
	counts := map[string]map[string]int{}
	for _, f := range followers {
		difference := ""
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if difference = f.differences(wanted); difference == "" || time.Now().After(end) {
				break
			}
		}
		f.mu.Lock()
		if difference != "" {
			problems = append(problems, f.name+": "+difference)
		}
		problems = append(problems, f.problems...)
		counts[f.name] = f.counts
		text, _ := json.Marshal(map[string]any{"objects": len(wanted), "counts": counts, "problems": problems})
		f.mu.Unlock()
		if f == followers[len(followers)-1] {
			fmt.Println(string(text))
		}
	}
}
