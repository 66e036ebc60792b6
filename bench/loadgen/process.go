package main

import (
	"flag"
	"os"
	"regexp"
	"strconv"
	"strings"
)

var pids = flag.String("pid", "", "comma-separated pids of the server's processes, for memory and CPU time")

const ticksPerSecond = 100

// memory is the resident size of each process in MB.
func memory() map[string]int {
	out := map[string]int{}
	for _, p := range strings.Split(*pids, ",") {
		if p == "" {
			continue
		}
		b, _ := os.ReadFile("/proc/" + p + "/status")
		if m := regexp.MustCompile(`VmRSS:\s+(\d+)`).FindSubmatch(b); m != nil {
			kb, _ := strconv.Atoi(string(m[1]))
			out[p] = kb / 1024
		}
	}
	return out
}

// cpuSeconds is what all processes together have used so far.
func cpuSeconds() float64 {
	ticks := 0
	for _, p := range strings.Split(*pids, ",") {
		b, _ := os.ReadFile("/proc/" + p + "/stat")
		fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if len(fields) < 13 {
			continue
		}
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		ticks += user + system
	}
	return float64(ticks) / ticksPerSecond
}
