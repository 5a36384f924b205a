// Allocates at a steady rate over a live heap, and says by the runtime's own counters how much that was.
//
//	GODEBUG=gctrace=1 go run allocates.go MB_LIVE MB_A_SECOND SECONDS
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
)

var kept, garbage [][]byte

func number(argument int) int {
	value, err := strconv.Atoi(os.Args[argument])
	if err != nil {
		panic(err)
	}
	return value
}

func tell(begun time.Time) {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Fprintf(os.Stderr, "memstats @%.3fs total_alloc=%d num_gc=%d\n", time.Since(begun).Seconds(), stats.TotalAlloc, stats.NumGC)
}

func main() {
	live, rate, seconds := number(1), number(2), number(3)
	begun := time.Now()
	for range live * 16 {
		kept = append(kept, make([]byte, 1<<16))
	}
	sizes := []int{24, 100, 1000, 4000, 20000}
	allocated, since, told := 0, time.Now(), 0
	for {
		elapsed := time.Since(since)
		if int(elapsed.Seconds()) >= told {
			tell(begun)
			told++
		}
		if elapsed >= time.Duration(seconds)*time.Second {
			return
		}
		for number := 0; allocated < int(elapsed.Seconds()*float64(rate<<20)); number++ {
			size := sizes[number%len(sizes)]
			garbage = append(garbage[len(garbage)&^255:], make([]byte, size))
			allocated += size
		}
		time.Sleep(2 * time.Millisecond)
	}
}
