package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"
)

// watch opens the watches, then updates one pod again and again; every watcher must see every update in order.
func watch(base string) map[string]any {
	list := must(do("GET", base+"?limit=1", "", "", nil))
	rv := string(regexp.MustCompile(`"resourceVersion":\s*"(\d+)"`).FindSubmatch(list)[1])
	type seen struct {
		n  int
		at time.Time
	}
	arrived := make([]chan seen, *watchers)
	ready := make(chan bool, *watchers)
	mark := regexp.MustCompile(`"bench/n":\s*"(\d+)"`)
	opening := time.Now()
	var outOfOrder atomic.Int64
	for w := range arrived {
		arrived[w] = make(chan seen, *updates+10)
		go func() {
			req, _ := request("GET", base+"?watch=true&resourceVersion="+rv, nil)
			res, err := client.Do(req)
			if err != nil {
				fmt.Fprintln(os.Stderr, "watch:", err)
				os.Exit(1)
			}
			ready <- true
			r := bufio.NewReaderSize(res.Body, 1<<16)
			last := 0
			for {
				line, err := r.ReadBytes('\n')
				if err != nil {
					return
				}
				if m := mark.FindSubmatch(line); m != nil {
					n, _ := strconv.Atoi(string(m[1]))
					if n != last+1 {
						outOfOrder.Add(1)
					}
					last = n
					arrived[w] <- seen{n, time.Now()}
				}
			}
		}()
	}
	for range arrived {
		<-ready
	}
	open := time.Since(opening)
	update := func(i int) {
		must(do("PATCH", base+"/p000000", "application/merge-patch+json", "", []byte(fmt.Sprintf(`{"metadata":{"annotations":{"bench/n":"%d"}}}`, i))))
	}
	half := *updates / 2
	before := cpuSeconds()
	var latencies []float64
	for i := 1; i <= half; i++ { // paced: latency
		t := time.Now()
		update(i)
		for w := range arrived {
			s := <-arrived[w]
			latencies = append(latencies, float64(s.at.Sub(t).Microseconds())/1000)
		}
	}
	t := time.Now()
	go func() {
		for i := half + 1; i <= *updates; i++ { // as fast as it goes: throughput
			update(i)
		}
	}()
	for w := range arrived {
		for i := half + 1; i <= *updates; i++ {
			<-arrived[w]
		}
	}
	elapsed := time.Since(t).Seconds()
	return map[string]any{
		"watchers": *watchers, "open_ms": float64(open.Microseconds()) / 1000, "p50_ms": quantile(latencies, .5), "p99_ms": quantile(latencies, .99),
		"events_per_s": float64(*watchers*(*updates-half)) / elapsed, "out_of_order": outOfOrder.Load(),
		"cpu_ms_per_event": (cpuSeconds() - before) * 1000 / float64(*watchers**updates),
	}
}
