package train

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/entente/entente/lang/classify"
)

// ourLang is the folder lang of the source.
var ourLang = os.DirFS("../..")

const shared = "../../../../shared/data/language"

func TestFingerprint(t *testing.T) {
	t.Parallel()
	a := Fingerprint("RT @you: It&#39;s  REALLY good… https://example.org/x")
	if b := Fingerprint("rt : its really GOOD"); a != b || len(a) != 24 {
		t.Errorf("%q is not %q", a, b)
	}
	if f := Fingerprint("too short @somebody"); f != "" {
		t.Errorf("a short text has %q", f)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRefusedTextsAreLeftOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "refuse-hashes.txt", Fingerprint("this one stands in a test set")+"\n")
	write(t, dir, "complaint.preotiuc.en.train-own80pct.tsv", "1\ten\tThis one, stands in a TEST set! @you\n0\ten\tThis one does not stand there\nbroken\n")
	tr := &trainer{options: Options{Lang: ourLang, Data: dir, Log: new(bytes.Buffer)}, sources: sources()}
	if err := tr.read(context.Background()); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range tr.rows {
		if strings.HasPrefix(r.Set, "complaint.preotiuc") {
			n++
			if strings.Contains(r.Text, "TEST") {
				t.Errorf("learned from %q", r.Text)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d rows of two", n)
	}
}

func TestNothingRefusedIsLearned(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(shared); err != nil {
		t.Skip("no texts")
	}
	refused, err := ReadRefused(filepath.Join(shared, "refuse-hashes.txt"))
	if err != nil {
		t.Fatal(err)
	}
	tr := &trainer{options: Options{Lang: ourLang, Data: shared, Log: new(bytes.Buffer)}, sources: sources()}
	if err := tr.read(context.Background()); err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{}
	for i := range tr.rows {
		if r := &tr.rows[i]; r.Fold < 0 {
			held[Fingerprint(r.Text)] = true
		}
	}
	delete(held, "")
	learned := 0
	for i := range tr.rows {
		r := &tr.rows[i]
		if r.Fold < 0 {
			continue
		}
		learned++
		f := Fingerprint(r.Text)
		if refused[f] || held[f] {
			t.Errorf("%s: learned from %q, which is refused or held out", r.Set, r.Text)
		}
		if strings.Contains(r.Set, "-NC") {
			t.Errorf("learned from %s", r.Set)
		}
	}
	if learned < 100_000 {
		t.Errorf("only %d rows", learned)
	}
}

// sample is a folder with the beginnings of the shared files, or with a few texts of ours when there are none.
func sample(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "refuse-hashes.txt", "")
	for _, s := range sources() {
		b, err := os.ReadFile(filepath.Join(shared, s.file))
		if err != nil {
			continue
		}
		lines := strings.SplitAfterN(string(b), "\n", 151)
		write(t, dir, s.file, strings.Join(lines[:min(len(lines), 150)], ""))
	}
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "%d\tfr\tTexte numéro %d qui %s bien\n", i%3, i, []string{"ne va pas", "va", "va très"}[i%3])
	}
	if _, err := os.Stat(shared); err != nil {
		write(t, dir, "sentiment.umsab.fr.train.tsv", b.String())
	}
	return dir
}

// TestTrainTwice is not parallel: it changes how many processors are used.
func TestTrainTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("learns twice")
	}
	dir := sample(t)
	var first *Result
	for _, n := range []int{1, 2} {
		before := runtime.GOMAXPROCS(n)
		r, err := Train(context.Background(), Options{Lang: ourLang, Data: dir, Seed: 7, Lines: 2048})
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = r
			continue
		}
		if !bytes.Equal(first.Weights, r.Weights) {
			t.Error("two processors learn something else than one")
		}
	}
	c, err := classify.Read(string(first.Weights))
	if err != nil {
		t.Fatal(err)
	}
	if c.Version() != first.Card.Version {
		t.Errorf("version %q, on the card %q", c.Version(), first.Card.Version)
	}
	if !bytes.Contains(first.Markdown(), []byte(c.Version())) || len(first.JSON()) == 0 {
		t.Error("the card does not say which version it is about")
	}
}

// TestClassifierAgreesWithTrainer holds what is shipped to what was measured: outputs of the trainer, in its own words, are those of the classifier.
func TestClassifierAgreesWithTrainer(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	tr := &trainer{options: Options{Lang: ourLang, Data: dir, Seed: 7, Lines: 1024, Log: new(bytes.Buffer)}, sources: sources()[:2]}
	ctx := context.Background()
	for _, do := range []func(context.Context) error{tr.read, tr.extract, tr.choose, tr.learn} {
		if err := do(ctx); err != nil {
			t.Fatal(err)
		}
	}
	tab := &classify.Table{Version: "test", Outputs: Outputs, Hidden: Hidden, Lines: 1024, Entries: tr.entries(), Scale: tr.scale[:], Bias: tr.bias[:], Lexicon: tr.lexicon}
	for l := range tab.Second {
		for k := range tab.Second[l] {
			tab.Second[l][k] = make([]float32, classify.InputsOf(Outputs+Hidden))
			tab.Second[l][k][min(k, Outputs-1)] = 1
		}
		for k := range tab.Tuning.Slope[l] {
			tab.Tuning.Slope[l][k] = 1
		}
	}
	file, err := tab.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	c, err := classify.Read(string(file))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(tr.rows); i += 50 {
		r := &tr.rows[i]
		// the trainer is told the language, the classifier finds it; where they differ, features do
		if l := c.Classify(r.Text, classify.Options{Lang: r.Lang}); l.Language != r.Lang {
			continue
		}
		want := tr.docs[i].score(tr.weights[Negative], tr.scale[Negative], tr.bias[Negative])
		e := c.Explain(r.Text, classify.Label{Head: classify.SentimentHead}, classify.Options{Lang: r.Lang})
		if d := e.Score - float64(want); d > 1e-3 || d < -1e-3 {
			t.Errorf("%q: the trainer says %v, the classifier %v", r.Text, want, e.Score)
		}
	}
}

// TestClassifierSaysWhatWasMeasured holds kinds, which outputs and the net make together, to the scores that thresholds were chosen on.
func TestClassifierSaysWhatWasMeasured(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	tr := &trainer{options: Options{Lang: ourLang, Data: dir, Seed: 7, Lines: 2048, Log: new(bytes.Buffer)}, sources: sources()}
	ctx := context.Background()
	for _, do := range []func(context.Context) error{tr.read, tr.extract, tr.choose, tr.learn, tr.learnNets, tr.combine} {
		if err := do(ctx); err != nil {
			t.Fatal(err)
		}
	}
	r, err := tr.finish()
	if err != nil {
		t.Fatal(err)
	}
	c, err := classify.Read(string(r.Weights))
	if err != nil {
		t.Fatal(err)
	}
	compared, bent := 0, false
	for i := range tr.rows {
		row := &tr.rows[i]
		if row.Fold >= 0 { // scored by others than those that were written
			continue
		}
		l := c.Classify(row.Text, classify.Options{Lang: row.Lang})
		if l.Language != row.Lang || !l.Sure(classify.KindHead) {
			continue
		}
		want := tr.second.tuning.Decide(&tr.second.scores[i], classify.LanguageAt(row.Lang))
		compared++
		for k := range want.KindP {
			if d := l.KindP[k] - want.KindP[k]; d > 1e-3 || d < -1e-3 {
				t.Fatalf("%q: %v is %v likely, and was measured with %v", row.Text, classify.Kind(k), l.KindP[k], want.KindP[k])
			}
		}
		bent = bent || tr.bent[i][Suggestion] != 0
	}
	if _, err := os.Stat(shared); err == nil && (compared == 0 || !bent) {
		t.Errorf("%d compared, bent: %v", compared, bent)
	}
}

// What members said feeds the next training: a head they did not speak of teaches nothing, a refused text is left out.
func TestCorrectionsAreLearned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "refuse-hashes.txt", Fingerprint("this one stands in a test set")+"\n")
	write(t, dir, "corrections.tsv", "# what members said\ncomplaint,lead\t\ten\tThe bike squeaks, I look for another\n\tpositive\tfr\tUne belle balade\nnone\tneutral\ten\tThis one stands in a TEST set\n"+
		"\t\ten\tonly its emotion was said\nlove\tneutral\ten\tno such kind\n")
	tr := &trainer{options: Options{Lang: ourLang, Data: dir, Log: new(bytes.Buffer), Corrections: filepath.Join(dir, "corrections.tsv")}, sources: sources()}
	if err := tr.read(context.Background()); err != nil {
		t.Fatal(err)
	}
	s := tr.sets[len(tr.sets)-1]
	if s.File != "own/corrections" || len(s.Rows) != 2 || s.Refused != 1 || s.Broken != 2 {
		t.Fatalf("%s: %d rows, %d refused, %d broken", s.File, len(s.Rows), s.Refused, s.Broken)
	}
	a, b := &s.Rows[0], &s.Rows[1]
	if !a.is(ComplaintPost) || !a.is(Lead) || a.is(Job) || !a.knows(Job) || a.knows(Negative) || a.knows(Review) {
		t.Errorf("%+v", a)
	}
	if !b.is(Positive) || b.knows(Lead) || b.knows(Suggestion) {
		t.Errorf("%+v", b)
	}
	tr = &trainer{options: Options{Lang: ourLang, Data: dir, Log: new(bytes.Buffer), Corrections: filepath.Join(dir, "nosuch.tsv")}, sources: sources()}
	if err := tr.read(context.Background()); err == nil {
		t.Error("a file that is not there was read")
	}
}
