// Records what the real replica calculator and normalization of kube-controller-manager v1.36.3 answer, for
// src/controllers/horizontal-pod-autoscaler/recorded.test.ts. To run it: copy horizontal.go, replica_calculator.go and
// rate_limiters.go of k8s.io/kubernetes/pkg/controller/podautoscaler and this file into one package of a module that
// requires k8s.io/kubernetes v1.36.3, call Record() from a main, and write its output to test/fixtures/autoscaling/recorded.json
// (without the cases in which Go's conversion to int32 overflows: the real controller asks for -2147483648 replicas there).
package podautoscaler

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	metricsclient "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
)

type PodCase struct {
	Phase   string `json:"phase"`
	Deleted bool   `json:"deleted,omitempty"`
	Ready   string `json:"ready,omitempty"`
	Started *int   `json:"started,omitempty"` // seconds ago
	Changed int    `json:"changed,omitempty"` // seconds ago
	Request *int64 `json:"request,omitempty"` // milli
	Sidecar *int64 `json:"sidecar,omitempty"` // milli
	Value   *int64 `json:"value,omitempty"`   // milli
	Age     int    `json:"age,omitempty"`     // seconds ago
	Window  int    `json:"window,omitempty"`  // seconds
}
type CalcCase struct {
	Kind     string    `json:"kind"`
	Resource string    `json:"resource,omitempty"`
	Current  int32     `json:"current"`
	Target   int64     `json:"target"`
	Down     float64   `json:"down"`
	Up       float64   `json:"up"`
	Pods     []PodCase `json:"pods"`
	Values   []int64   `json:"values,omitempty"`
	Replicas int32     `json:"replicas"`
	Util     int32     `json:"utilization"`
	Usage    int64     `json:"usage"`
	Error    string    `json:"error,omitempty"`
}
type fake struct {
	info metricsclient.PodMetricsInfo
	vals []int64
}

func (f fake) GetResourceMetric(ctx context.Context, r v1.ResourceName, ns string, s labels.Selector, c string) (metricsclient.PodMetricsInfo, time.Time, error) {
	return f.info, time.Now(), nil
}
func (f fake) GetRawMetric(n string, ns string, s labels.Selector, m labels.Selector) (metricsclient.PodMetricsInfo, time.Time, error) {
	return f.info, time.Now(), nil
}
func (f fake) GetObjectMetric(n string, ns string, o *autoscalingv2.CrossVersionObjectReference, m labels.Selector) (int64, time.Time, error) {
	return f.vals[0], time.Now(), nil
}
func (f fake) GetExternalMetric(n, ns string, s labels.Selector) ([]int64, time.Time, error) {
	return f.vals, time.Now(), nil
}

func pick[T any](r *rand.Rand, xs ...T) T { return xs[r.Intn(len(xs))] }

func calc(r *rand.Rand) CalcCase {
	c := CalcCase{Kind: pick(r, "utilization", "utilization", "utilization", "raw", "raw", "pods", "object", "objectPerPod", "external", "externalPerPod")}
	c.Resource = pick(r, "cpu", "cpu", "memory")
	c.Down, c.Up = pick(r, 0.1, 0.1, 0.0, 0.25), pick(r, 0.1, 0.1, 0.0, 0.5)
	n := r.Intn(7)
	if r.Intn(8) == 0 {
		n = 20 + r.Intn(40)
	}
	c.Current = int32(n)
	if r.Intn(4) == 0 {
		c.Current = int32(r.Intn(12))
	}
	odd := r.Intn(3) // how unruly pods are
	now := time.Now()
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	info := metricsclient.PodMetricsInfo{}
	load := pick(r, int64(10), 50, 90, 100, 110, 200, 700)
	missingRequests := r.Intn(25) == 0
	for i := 0; i < n; i++ {
		p := PodCase{Phase: "Running", Ready: "True"}
		req := pick(r, int64(100), 250, 1000)
		val := req * load / 100 * int64(80+r.Intn(41)) / 100
		age, window := r.Intn(14)+1, pick(r, 15, 30)
		started, changed := 1000+r.Intn(500), 900
		switch x := r.Intn(12); {
		case odd == 0 || x > 6:
		case x == 0:
			p.Phase = "Pending"
			p.Ready = pick(r, "False", "")
		case x == 1:
			p.Phase = "Failed"
		case x == 2:
			p.Deleted = true
		case x == 3:
			p.Ready = pick(r, "False", "")
			started = pick(r, 20, 100, 299-200, 400, 1000)
			changed = started - pick(r, 1, 10, 60)
			if changed < 0 {
				changed = 0
			}
		case x == 4:
			started = pick(r, 40, 100, 200)
			changed = pick(r, 5, 20, 39)
		case x == 5:
			p.Phase = "Succeeded"
		}
		if odd == 2 && r.Intn(4) == 0 {
			val = -1
		}
		if odd == 2 && r.Intn(12) == 0 {
			started = -1
		}
		pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("p%d", i), Namespace: "ns", Labels: map[string]string{"a": "b"}}}
		pod.Status.Phase = v1.PodPhase(p.Phase)
		if p.Deleted {
			t := metav1.Now()
			pod.DeletionTimestamp = &t
		}
		if started >= 0 {
			s := started
			p.Started = &s
			t := metav1.NewTime(now.Add(-time.Duration(s) * time.Second))
			pod.Status.StartTime = &t
		}
		if p.Ready != "" {
			p.Changed = changed
			pod.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: v1.ConditionStatus(p.Ready), LastTransitionTime: metav1.NewTime(now.Add(-time.Duration(changed) * time.Second))}}
		}
		container := v1.Container{Name: "c"}
		if !missingRequests || i != n-1 {
			rq := req
			p.Request = &rq
			container.Resources.Requests = v1.ResourceList{v1.ResourceName(c.Resource): *resource.NewMilliQuantity(req, resource.DecimalSI)}
		}
		pod.Spec.Containers = []v1.Container{container}
		if r.Intn(5) == 0 {
			sc := int64(50)
			p.Sidecar = &sc
			always := v1.ContainerRestartPolicyAlways
			pod.Spec.InitContainers = []v1.Container{{Name: "s", RestartPolicy: &always, Resources: v1.ResourceRequirements{Requests: v1.ResourceList{v1.ResourceName(c.Resource): *resource.NewMilliQuantity(sc, resource.DecimalSI)}}}, {Name: "once"}}
		}
		if val >= 0 {
			v := val
			p.Value = &v
			p.Age, p.Window = age, window
			info[pod.Name] = metricsclient.PodMetric{Timestamp: now.Add(-time.Duration(age) * time.Second), Window: time.Duration(window) * time.Second, Value: val}
		}
		indexer.Add(pod)
		c.Pods = append(c.Pods, p)
	}
	if c.Pods == nil {
		c.Pods = []PodCase{}
	}
	f := fake{info: info}
	k := 1
	if c.Kind == "external" || c.Kind == "externalPerPod" {
		k = 1 + r.Intn(4)
	}
	for i := 0; i < k; i++ {
		v := int64(r.Intn(100000))
		if r.Intn(40) == 0 {
			v = 9223372036854775000
		}
		f.vals = append(f.vals, v)
	}
	rc := NewReplicaCalculator(f, corelisters.NewPodLister(indexer), 5*time.Minute, 30*time.Second)
	sel := labels.SelectorFromSet(map[string]string{"a": "b"})
	tol := Tolerances{c.Down, c.Up}
	var err error
	ref := &autoscalingv2.CrossVersionObjectReference{Kind: "Ingress", Name: "main"}
	switch c.Kind {
	case "utilization":
		c.Target = int64(pick(r, 1, 30, 50, 80, 100, 150, 300))
		c.Replicas, c.Util, c.Usage, _, err = rc.GetResourceReplicas(context.Background(), c.Current, int32(c.Target), v1.ResourceName(c.Resource), tol, "ns", sel, "")
	case "raw":
		c.Target = pick(r, int64(50), 100, 333, 1000)
		c.Replicas, c.Usage, _, err = rc.GetRawResourceReplicas(context.Background(), c.Current, c.Target, v1.ResourceName(c.Resource), tol, "ns", sel, "")
	case "pods":
		c.Resource = ""
		c.Target = pick(r, int64(50), 100, 333, 1000)
		c.Replicas, c.Usage, _, err = rc.GetMetricReplicas(c.Current, c.Target, "m", tol, "ns", sel, labels.Nothing())
	case "object":
		c.Values = f.vals
		c.Target = pick(r, int64(1000), 10000, 50000)
		c.Replicas, c.Usage, _, err = rc.GetObjectMetricReplicas(c.Current, c.Target, "m", tol, "ns", ref, sel, labels.Nothing())
	case "objectPerPod":
		c.Values = f.vals
		c.Target = pick(r, int64(1000), 10000, 50000)
		c.Replicas, c.Usage, _, err = rc.GetObjectPerPodMetricReplicas(c.Current, c.Target, "m", tol, "ns", ref, labels.Nothing())
	case "external":
		c.Values = f.vals
		c.Target = pick(r, int64(1000), 10000, 50000)
		c.Replicas, c.Usage, _, err = rc.GetExternalMetricReplicas(c.Current, c.Target, "m", tol, "ns", nil, sel)
	case "externalPerPod":
		c.Values = f.vals
		c.Target = pick(r, int64(1000), 10000, 50000)
		c.Replicas, c.Usage, _, err = rc.GetExternalPerPodMetricReplicas(c.Current, c.Target, "m", tol, "ns", nil)
	}
	if err != nil {
		c.Error = err.Error()
		c.Replicas, c.Util, c.Usage = 0, 0, 0
	}
	return c
}

type Rec struct {
	Ago      int   `json:"ago"`
	Replicas int32 `json:"replicas"`
}
type NormCase struct {
	Spec       json.RawMessage `json:"spec"`
	Current    int32           `json:"current"`
	Desired    int32           `json:"desired"`
	Recs       []Rec           `json:"recommendations"`
	Ups        []Rec           `json:"added"`
	Downs      []Rec           `json:"removed"`
	Replicas   int32           `json:"replicas"`
	Conditions [][4]string     `json:"conditions"`
}

func rules(r *rand.Rand, up bool) *autoscalingv2.HPAScalingRules {
	s := pick(r, autoscalingv2.MaxChangePolicySelect, autoscalingv2.MaxChangePolicySelect, autoscalingv2.MinChangePolicySelect, autoscalingv2.DisabledPolicySelect)
	x := &autoscalingv2.HPAScalingRules{SelectPolicy: &s}
	for i := 0; i <= r.Intn(3); i++ {
		p := autoscalingv2.HPAScalingPolicy{PeriodSeconds: pick(r, int32(15), 60, 300)}
		if r.Intn(2) == 0 {
			p.Type = autoscalingv2.PodsScalingPolicy
			p.Value = int32(1 + r.Intn(6))
		} else {
			p.Type = autoscalingv2.PercentScalingPolicy
			p.Value = pick(r, int32(1), 10, 33, 50, 100, 150)
			if !up && p.Value > 100 {
				p.Value = 100
			}
		}
		x.Policies = append(x.Policies, p)
	}
	if w := pick(r, int32(-1), 0, 30, 60, 300, 600); w >= 0 {
		x.StabilizationWindowSeconds = &w
	} else if up {
		zero := int32(0)
		x.StabilizationWindowSeconds = &zero
	}
	return x
}

func norm(r *rand.Rand) NormCase {
	hpa := &autoscalingv2.HorizontalPodAutoscaler{}
	min := int32(1 + r.Intn(4))
	hpa.Spec.MinReplicas = &min
	hpa.Spec.MaxReplicas = min + int32(r.Intn(40))
	hpa.Spec.ScaleTargetRef = autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: "x"}
	if r.Intn(4) != 0 {
		hpa.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: rules(r, true), ScaleDown: rules(r, false)}
	}
	raw, _ := json.Marshal(hpa.Spec)
	c := NormCase{Spec: raw, Recs: []Rec{}, Ups: []Rec{}, Downs: []Rec{}}
	c.Current = min + int32(r.Intn(int(hpa.Spec.MaxReplicas-min)+1))
	c.Desired = int32(r.Intn(50))
	now := time.Now()
	a := &HorizontalController{downscaleStabilisationWindow: 5 * time.Minute, eventRecorder: &record.FakeRecorder{}, recommendations: map[string][]timestampedRecommendation{}, scaleUpEvents: map[string][]timestampedScaleEvent{}, scaleDownEvents: map[string][]timestampedScaleEvent{}}
	at := func(ago int) time.Time { return now.Add(-time.Duration(ago) * time.Second) }
	for i := 0; i < r.Intn(6); i++ {
		x := Rec{pick(r, 5, 20, 40, 90, 200, 400, 700), int32(1 + r.Intn(30))}
		c.Recs = append(c.Recs, x)
		a.recommendations["k"] = append(a.recommendations["k"], timestampedRecommendation{x.Replicas, at(x.Ago)})
	}
	for i := 0; i < r.Intn(3); i++ {
		x := Rec{pick(r, 5, 20, 40, 90, 200), int32(1 + r.Intn(5))}
		c.Ups = append(c.Ups, x)
		a.scaleUpEvents["k"] = append(a.scaleUpEvents["k"], timestampedScaleEvent{x.Replicas, at(x.Ago), false})
	}
	for i := 0; i < r.Intn(3); i++ {
		x := Rec{pick(r, 5, 20, 40, 90, 200), int32(1 + r.Intn(5))}
		c.Downs = append(c.Downs, x)
		a.scaleDownEvents["k"] = append(a.scaleDownEvents["k"], timestampedScaleEvent{x.Replicas, at(x.Ago), false})
	}
	if hpa.Spec.Behavior == nil {
		c.Replicas = a.normalizeDesiredReplicas(hpa, "k", c.Current, c.Desired, min)
	} else {
		c.Replicas = a.normalizeDesiredReplicasWithBehaviors(hpa, "k", c.Current, c.Desired, min)
	}
	for _, x := range hpa.Status.Conditions {
		c.Conditions = append(c.Conditions, [4]string{string(x.Type), string(x.Status), x.Reason, x.Message})
	}
	return c
}

func Record() {
	r := rand.New(rand.NewSource(36))
	out := struct {
		Calculations   []CalcCase `json:"calculations"`
		Normalizations []NormCase `json:"normalizations"`
	}{}
	for i := 0; i < 500; i++ {
		out.Calculations = append(out.Calculations, calc(r))
	}
	for i := 0; i < 300; i++ {
		out.Normalizations = append(out.Normalizations, norm(r))
	}
	a, _ := json.Marshal(out)
	fmt.Println(string(a))
}
