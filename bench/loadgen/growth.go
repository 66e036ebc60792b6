package main

import (
	"fmt"
	"math/rand"
	"strconv"
	"strings"
)

// growth measures single operations at several numbers of stored pods: their cost must not depend on it.
func growth(base, sizes string) []map[string]any {
	var out []map[string]any
	made, extra := 0, 0
	for _, text := range strings.Split(sizes, ",") {
		size, _ := strconv.Atoi(text)
		from := made
		parallel(size-made, *clients, func(i int) error { return ok(do("POST", base, "application/json", "", pod(from+i))) })
		made = size
		timed := func(n int, f func(i int) error) stats {
			f(0)
			before := cpuSeconds()
			s := parallel(n, 1, f)
			s.CPU = (cpuSeconds() - before) * 1000 / float64(n)
			return s
		}
		one := func() string { return fmt.Sprintf("%s/p%06d", base, rand.Intn(size)) }
		row := map[string]any{"pods": size, "rss_mb": memory()}
		row["get"] = timed(1000, func(int) error { return ok(do("GET", one(), "", "", nil)) })
		row["create"] = timed(300, func(int) error { extra++; return ok(do("POST", base, "application/json", "", pod(800000+extra))) })
		row["patch"] = timed(300, func(i int) error {
			return ok(do("PATCH", one(), "application/merge-patch+json", "", []byte(fmt.Sprintf(`{"metadata":{"annotations":{"bench/i":"%d"}}}`, i))))
		})
		buffer := make([]byte, 256*1024)
		bytes := 0
		selector := timed(30, func(int) error {
			n, err := download(base+"?labelSelector=shard%3Ds7", "", buffer)
			bytes = n
			return err
		})
		selector.Bytes = bytes
		row["selector_1pct"] = selector
		one500 := timed(30, func(int) error { _, err := download(base+"?limit=500", "", buffer); return err })
		row["page_500"] = one500
		out = append(out, row)
	}
	list := must(do("GET", base+"/p000000", "", "", nil))
	out[len(out)-1]["pod_bytes"] = len(list)
	return out
}
