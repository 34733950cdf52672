package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime/pprof"
	"strconv"
)

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// child runs an inner part in a process of its own, so that one part's memory and processors are not another's, and reads what it
// prints last into v.
func (b *bench) child(v any, env []string, name string, more ...string) error {
	args := []string{"-binary", b.binary, "-work", b.work, "-posts", strconv.Itoa(b.posts), "-import", strconv.Itoa(b.import_)}
	args = append(args, more...)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(b.ctx, self, append(args, name)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], v); err != nil {
		return fmt.Errorf("read what %s says: %w: %s", name, err, out)
	}
	return nil
}

// say is what an inner part ends with.
func say(v any) error { return json.NewEncoder(os.Stdout).Encode(v) }

func profiled(b *bench, do func(*bench) error) (err error) {
	if b.profile == "" {
		return do(b)
	}
	f, err := os.Create(b.profile)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	heap, err := os.Create(b.profile + ".heap")
	if err != nil {
		return err
	}
	defer heap.Close()
	defer func() { err = errors.Join(err, pprof.Lookup("allocs").WriteTo(heap, 0)) }()
	return do(b)
}
