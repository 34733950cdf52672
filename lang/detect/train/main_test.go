package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/entente/entente/lang"
)

const data = "../../../../shared/data/language"

func heldRows(t *testing.T) (codes []string, train, held []row) {
	t.Helper()
	f, err := os.Open(data + "/lid.xed22.train.tsv")
	if err != nil {
		t.Skip("no data to measure with")
	}
	defer f.Close()
	refused, err := readRefused(data + "/refuse-hashes.txt")
	if err != nil {
		t.Fatal(err)
	}
	codes, train, held, err = readRows(f, refused)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range train {
		if refused[fingerprint(r.text)] {
			t.Fatal("a refused row is trained on")
		}
	}
	return codes, train, held
}

// TestHeldOutRows measures the shipped weights on rows they were not made from: answers "" count as wrong.
func TestHeldOutRows(t *testing.T) {
	t.Parallel()
	codes, train, held := heldRows(t)
	seen := map[string]bool{}
	for _, r := range train {
		seen[strings.ToLower(r.text)] = true
	}
	type tally struct{ all, right, unknown, long, longRight int }
	sums := make([]tally, len(codes))
	var total tally
	for _, r := range held {
		if seen[strings.ToLower(r.text)] {
			t.Fatal("a held-out row is trained on")
		}
		got, _ := lang.Detect(r.text)
		for _, s := range []*tally{&sums[r.label], &total} {
			s.all++
			isLong := len(r.text) >= 30
			if isLong {
				s.long++
			}
			switch got {
			case codes[r.label]:
				s.right++
				if isLong {
					s.longRight++
				}
			case "":
				s.unknown++
			}
		}
	}
	share := func(n, of int) float64 { return float64(n) / float64(max(of, 1)) }
	for i, s := range append(sums, total) {
		code := "all"
		if i < len(codes) {
			code = codes[i]
		}
		t.Logf("%s: %.4f right, %.4f unknown of %d; %.4f right of %d with 30 bytes or more", code,
			share(s.right, s.all), share(s.unknown, s.all), s.all, share(s.longRight, s.long), s.long)
		if (code == "fr" || code == "en") && share(s.longRight, s.long) < 0.97 {
			t.Errorf("%s is below its floor", code)
		}
	}
	if share(total.right, total.all) < 0.93 || share(total.longRight, total.long) < 0.97 {
		t.Error("below the floor")
	}
}

func TestSameDataSameBytes(t *testing.T) {
	t.Parallel()
	const lines = "fr\tfr\tle chat dort sur la chaise\nen\ten\tthe cat sleeps on the chair\nfr\tfr\tbonjour tout le monde\nen\ten\thello to all of you\n"
	var first []byte
	for range 2 {
		codes, train, held, err := readRows(strings.NewReader(lines), nil)
		if err != nil {
			t.Fatal(err)
		}
		b := fit(codes, append(train, held...), 2).bytes()
		if first == nil {
			first = b
		} else if !bytes.Equal(first, b) {
			t.Error("two runs give different weights")
		}
	}
}

func TestRefusedRowsAreLeftOut(t *testing.T) {
	t.Parallel()
	const text = "@jean This is A &amp; text, on https://x.example/y the list!"
	refused := map[string]bool{fingerprint("this is a text on the list"): true}
	_, train, held, err := readRows(strings.NewReader("en\ten\t"+text+"\nen\ten\tThis one is not on the list\n"), refused)
	if err != nil || len(train)+len(held) != 1 {
		t.Errorf("%d rows kept (%v), want 1", len(train)+len(held), err)
	}
}
