package main

import (
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

type stats struct {
	N      int     `json:"n"`
	PerSec float64 `json:"per_s"`
	P50    float64 `json:"p50_ms"`
	P99    float64 `json:"p99_ms"`
	Failed int     `json:"failed"`
	Bytes  int     `json:"bytes,omitempty"`
	// CPU time of the server's processes per operation.
	CPU float64 `json:"cpu_ms"`
}

func quantile(d []float64, q float64) float64 {
	if len(d) == 0 {
		return 0
	}
	sort.Float64s(d)
	return d[min(len(d)-1, int(q*float64(len(d))))]
}

// parallel calls f for 0 to n-1 from c goroutines.
func parallel(n, c int, f func(i int) error) stats {
	var next, failed atomic.Int64
	latencies := make([][]float64, c)
	var wg sync.WaitGroup
	start := time.Now()
	for w := 0; w < c; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				t := time.Now()
				if f(i) != nil {
					failed.Add(1)
				}
				latencies[w] = append(latencies[w], float64(time.Since(t).Microseconds())/1000)
			}
		}()
	}
	wg.Wait()
	elapsed := time.Since(start).Seconds()
	var all []float64
	for _, l := range latencies {
		all = append(all, l...)
	}
	return stats{N: n, PerSec: float64(n) / elapsed, P50: quantile(all, .5), P99: quantile(all, .99), Failed: int(failed.Load())}
}
