package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/entente/entente/lang"
)

// ourLang is the folder lang of the source.
var ourLang = os.DirFS("../..")

const data = "../../../../shared/data/language"

func whole(t *testing.T) (*corpus, map[string]bool) {
	t.Helper()
	refused, err := readRefused(filepath.Join(data, "refuse-hashes.txt"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no data to measure with")
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := readCorpus(data, ourLang, refused)
	if err != nil {
		t.Fatal(err)
	}
	return c, refused
}

// TestShippedWeights measures the weights of the program on texts they were not made from. "" counts as wrong.
func TestShippedWeights(t *testing.T) {
	t.Parallel()
	c, refused := whole(t)
	b, err := os.ReadFile("../weights.bin")
	if err != nil {
		t.Fatal(err)
	}
	d, err := lang.NewDetector(string(b))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range c.rows {
		seen[r.code+strings.ToLower(r.text)] = true
		if r.from != ours && refused[fingerprint(r.text)] {
			t.Fatal("a refused row is trained on")
		}
	}
	for name, rows := range c.measured {
		for _, r := range rows {
			if mark := fingerprint(r.text); mark != "" && seen[r.code+strings.ToLower(r.text)] {
				t.Fatalf("%s: a row to measure with is trained on: %q", name, r.text)
			}
		}
	}
	for _, f := range c.files {
		if strings.Contains(f.Name, "-NC") && !onlyMeasured(f.Name) {
			t.Errorf("%s is trained on", f.Name)
		}
	}
	floors := map[string]float64{
		"sentences.22.5words": 0.98, "sentences.22": 0.955, "words.next": 0.91, "words.types": 0.91, "words.unseen": 0.81, "scripts": 0.99,
		"sentiment.umsab.fr.val": 0.99, "sentiment.umsab.en.val": 0.985, "sentiment.tweeteval.en.val": 0.99, "brand.us-airline.en-NC": 0.99,
		"posts.fr": 0.975, "posts.en": 0.985, "sentiment.umsab.de.val": 0.91, "sentiment.umsab.it.val": 0.96, "sentiment.umsab.pt.val": 0.97,
	}
	for _, f := range c.measure(d).Figures {
		t.Logf("%-36s %.4f right [%.4f, %.4f], mean of languages %.4f, %.4f unknown, of %d", f.Set, f.Right, f.Low, f.High, f.Mean, f.Unknown, f.N)
		if f.Mean < floors[f.Set] {
			t.Errorf("%s: %.4f is below the floor %.4f", f.Set, f.Mean, floors[f.Set])
		}
		delete(floors, f.Set)
	}
	if len(floors) > 0 {
		t.Errorf("not measured: %v", floors)
	}
}

// folder writes a small folder of texts: own lines as rows, with some that must be refused.
func folder(t *testing.T) (dir string, refused string) {
	t.Helper()
	dir = t.TempDir()
	refused = "@jean This is A &amp; text, on https://x.example/y the list!"
	var b strings.Builder
	for i, text := range strings.Fields("chat chien maison jardin voiture école journal cuisine fenêtre chaise") {
		fmt.Fprintf(&b, "fr\tfr\tle %s numéro %d est dans la rue\nen\ten\tthe thing called %s %d is over there\nru\tru\tвот дом %d и %d\n", text, i, text, i, i, 7*i)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("lid.xed22.train.tsv", b.String()+"en\ten\t"+refused+"\nbroken line\n\xff\xfe\t\t\n")
	write("sentiment.x.fr.train-NC.tsv", "1\tfr\tce texte-là ne doit jamais servir à rien apprendre\n")
	write("sentiment.y.fr.train.tsv", "1\tfr\tCe texte-là ne doit JAMAIS servir à rien apprendre!\n1\tfr\tcelui-ci le peut pourtant\n")
	write("refuse-hashes.txt", fingerprint("this is a text on the list")+"\n")
	return dir, refused
}

func TestReadCorpus(t *testing.T) {
	t.Parallel()
	dir, refused := folder(t)
	hashes, err := readRefused(filepath.Join(dir, "refuse-hashes.txt"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := readCorpus(dir, ourLang, hashes)
	if err != nil || c.refused != 1 {
		t.Fatalf("%d refused (%v), want 1", c.refused, err)
	}
	for _, r := range append(c.rows, c.held...) {
		if r.text == refused {
			t.Error("the refused row is used")
		}
		if r.from == post && !strings.HasPrefix(r.text, "celui-ci") {
			t.Errorf("%q of a set that only measures, or its like, is trained on", r.text)
		}
	}
	if len(c.measured["sentiment.x.fr.train-NC"]) != 1 {
		t.Error("the set that only measures does not measure")
	}
}

func TestTrainAgainSameBytes(t *testing.T) {
	t.Parallel()
	dir, _ := folder(t)
	var first []byte
	for i, procs := range []int{1, 2} {
		out := filepath.Join(t.TempDir(), "weights.bin")
		before := runtime.GOMAXPROCS(procs)
		rep, err := trainSmall(dir, out)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(out)
		if err != nil || rep.Bytes != len(b) || rep.Refused != 1 || rep.TrainedOn == 0 || len(rep.Figures) == 0 {
			t.Fatalf("%d bytes, report %+v (%v)", len(b), rep, err)
		}
		if i == 0 {
			first = b
		} else if !bytes.Equal(first, b) {
			t.Error("two runs give different weights")
		}
	}
	other, err := Train(context.Background(), Options{Lang: ourLang, Data: dir, Seed: 5, small: true})
	if err != nil || other.Seed != 5 {
		t.Errorf("seed %d (%v)", other.Seed, err)
	}
}

func trainSmall(dir, out string) (Report, error) {
	return Train(context.Background(), Options{Lang: ourLang, Data: dir, Out: out, small: true})
}

func TestTrainStops(t *testing.T) {
	t.Parallel()
	dir, _ := folder(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Train(ctx, Options{Lang: ourLang, Data: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want canceled", err)
	}
	if _, err := Train(context.Background(), Options{Lang: ourLang, Data: t.TempDir()}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v, want that nothing is there", err)
	}
}
