package db

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestShared: who asks while a question is under way is answered by one that began later, and all of them by the same.
func TestShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s shared
		var asked atomic.Int32
		var truth atomic.Int32
		gate := make(chan struct{})
		read := func(context.Context) (string, error) {
			asked.Add(1)
			v := truth.Load()
			<-gate
			return strconv.Itoa(int(v)), nil
		}
		answers := make(chan string, 12)
		ask := func(ctx context.Context) {
			v, err := s.ask(ctx, read)
			if err != nil {
				v = err.Error()
			}
			answers <- v
		}
		go ask(t.Context())
		synctest.Wait() // the first question is under way, and has been read
		truth.Store(1)
		for range 10 {
			go ask(t.Context())
		}
		gone, leave := context.WithCancel(t.Context())
		go ask(gone)
		synctest.Wait()
		leave()
		if v := <-answers; v != context.Canceled.Error() {
			t.Errorf("who left was told %q", v)
		}
		gate <- struct{}{}
		if v := <-answers; v != "0" {
			t.Errorf("the first was told %q", v)
		}
		gate <- struct{}{}
		for range 10 {
			if v := <-answers; v != "1" {
				t.Errorf("one who came after the change was told %q", v)
			}
		}
		if n := asked.Load(); n != 2 {
			t.Errorf("asked %d times", n)
		}
		close(gate)
		if v, err := s.ask(t.Context(), read); v != "1" || err != nil || asked.Load() != 3 {
			t.Errorf("later: %q, %v, asked %d times", v, err, asked.Load())
		}
	})
}

// TestSharedIsNew: nobody is told what was so before they asked, also when questions fail.
func TestSharedIsNew(t *testing.T) {
	var s shared
	var truth atomic.Int64
	odd := errors.New("not this time")
	read := func(context.Context) (string, error) {
		v := truth.Load()
		if v%7 == 0 {
			return "", odd
		}
		return strconv.FormatInt(v, 10), nil
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 2000 {
				least := truth.Add(1)
				v, err := s.ask(t.Context(), read)
				if errors.Is(err, odd) {
					continue
				}
				if n, _ := strconv.ParseInt(v, 10, 64); err != nil || n < least {
					t.Errorf("told %q (%v) when it was %d", v, err, least)
					return
				}
			}
		})
	}
	wait.Wait()
}
