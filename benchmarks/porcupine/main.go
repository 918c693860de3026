// Judges a recorded history with porcupine, for benchmarks/history.py.
//
//	go run . -model set -seconds 60 FILE
//
// Prints one JSON object: the verdict, the seconds of reading, those of all, of CPU, and the peak memory in MiB.
// A pending call is not given to porcupine: it knows none. The benchmark's files have none.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/anishathalye/porcupine"
)

type event struct {
	Process int             `json:"process"`
	Type    string          `json:"type"`
	F       string          `json:"f"`
	Value   json.RawMessage `json:"value"`
	Time    int64           `json:"time"`
}

// A call's input. The key is the element, or the register; -1 is all of them.
type input struct {
	f     string
	key   int
	value int
}

// Result of a read of the whole set: a bit for each element.
type whole string

var words = 16

func bits(elements []int) whole {
	mask := make([]byte, words*8)
	for _, each := range elements {
		mask[each>>3] |= 1 << (each & 7)
	}
	return whole(mask)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func read(path string, model string) []porcupine.Operation {
	file, err := os.Open(path)
	must(err)
	defer file.Close()
	open := map[int]int{}
	var calls []porcupine.Operation
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 1<<20), 1<<26)
	for lines.Scan() {
		var each event
		must(json.Unmarshal(lines.Bytes(), &each))
		if each.Type == "invoke" {
			in := input{f: each.F, key: -1}
			switch {
			case model == "register":
				if each.F == "write" {
					must(json.Unmarshal(each.Value, &in.value))
				}
			case model == "dict":
				var pair []*int
				must(json.Unmarshal(each.Value, &pair))
				in.key = *pair[0]
				if each.F == "put" {
					in.value = *pair[1]
				}
			case each.F != "read":
				must(json.Unmarshal(each.Value, &in.key))
			}
			open[each.Process] = len(calls)
			calls = append(calls, porcupine.Operation{ClientId: each.Process, Input: in, Call: each.Time})
			continue
		}
		call := &calls[open[each.Process]]
		call.Return = each.Time
		switch in := call.Input.(input); {
		case in.f == "write" || in.f == "put":
			call.Output = nil
		case model == "register":
			var value *int
			must(json.Unmarshal(each.Value, &value))
			call.Output = number(value)
		case model == "dict":
			var pair []*int
			must(json.Unmarshal(each.Value, &pair))
			call.Output = number(pair[1])
		case in.f == "read":
			var elements []int
			must(json.Unmarshal(each.Value, &elements))
			call.Output = bits(elements)
		default:
			call.Output = strings.TrimSpace(string(each.Value)) == "true"
		}
	}
	must(lines.Err())
	return calls
}

// null is 0: the benchmark writes numbers from 1 on.
func number(value *int) int {
	if value == nil {
		return 0
	}
	return *value
}

func byKey(history []porcupine.Operation) [][]porcupine.Operation {
	parts := map[int][]porcupine.Operation{}
	for _, each := range history {
		key := each.Input.(input).key
		if key < 0 {
			return [][]porcupine.Operation{history}
		}
		parts[key] = append(parts[key], each)
	}
	var found [][]porcupine.Operation
	for _, part := range parts {
		found = append(found, part)
	}
	return found
}

// One element of a set: whether it is there.
var element = porcupine.Model{
	Partition: byKey,
	Init:      func() interface{} { return false },
	Step: func(state, in, out interface{}) (bool, interface{}) {
		is := state.(bool)
		switch in.(input).f {
		case "add":
			return out.(bool) != is, true
		case "remove":
			return out.(bool) == is, false
		}
		return out.(bool) == is, is
	},
}

// The whole set, as bits in a string.
var set = porcupine.Model{
	Init: func() interface{} { return bits(nil) },
	Step: func(state, in, out interface{}) (bool, interface{}) {
		is, call := state.(whole), in.(input)
		if call.f == "read" {
			return out.(whole) == is, is
		}
		place, bit := call.key>>3, byte(1)<<(call.key&7)
		there := is[place]&bit != 0
		if call.f == "contains" {
			return out.(bool) == there, is
		}
		if changes := out.(bool); !changes || there != (call.f == "remove") {
			return !changes && there == (call.f == "add"), is
		}
		after := []byte(is)
		after[place] ^= bit
		return true, whole(after)
	},
}

// A register, or one key of a mapping.
var register = porcupine.Model{
	Init: func() interface{} { return 0 },
	Step: func(state, in, out interface{}) (bool, interface{}) {
		if call := in.(input); call.f == "write" || call.f == "put" {
			return true, call.value
		}
		return out.(int) == state.(int), state
	},
}

func main() {
	name := flag.String("model", "set", "set, register or dict")
	seconds := flag.Float64("seconds", 60, "the time limit of the check")
	keys := flag.Int("keys", 1000, "the elements of a set are below this number")
	flag.Parse()
	words = (*keys + 63) / 64
	began := time.Now()
	history := read(flag.Arg(0), *name)
	reading := time.Since(began)
	model := register
	switch *name {
	case "dict":
		model.Partition = byKey
	case "set":
		model = element
		for _, each := range history {
			if each.Input.(input).key < 0 {
				model = set
				break
			}
		}
	}
	result := porcupine.CheckOperationsTimeout(model, history, time.Duration(*seconds*float64(time.Second)))
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	must(json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"verdict": result,
		"reading": reading.Seconds(),
		"seconds": time.Since(began).Seconds(),
		"cpu":     time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds(),
		"peak":    float64(usage.Maxrss) / 1024,
	}))
}
