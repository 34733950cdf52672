package train

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Row is one labelled text.
type Row struct {
	Text, Lang string
	Set        string // file it comes from
	Known      uint32 // bits of outputs for which a label is known
	Yes        uint32 // bits of outputs that hold
	Stars      int
	Fold       int // of those it is scored with, by weights that did not see it; -1 when it is held out
	cost       float32
	Weight     float32
}

// The outputs that weights are learned for. Several may serve one label of a head.
const (
	Negative = iota
	Neutral
	Positive
	Stars // a review with four or five stars, against one or two
	Mood  // a pleasant emotion, against an unpleasant one
	ComplaintPost
	ComplaintReview
	Suggestion
	Question
	Praise
	Lead
	Job
	Anger
	Disgust
	Fear
	Joy
	Sadness
	Surprise
	NoEmotion
	Offensive // English
	Toxic     // French
	Hate
	SuggestionReview // what readers of app reviews call a request: also what is missing, unwanted or not for everybody
	Review           // an app review, against anything else; the classifier takes the last output for that
	Outputs
)

var outputNames = [Outputs]string{"negative", "neutral", "positive", "stars", "mood", "complaint-post", "complaint-review", "suggestion", "question",
	"praise", "lead", "job", "anger", "disgust", "fear", "joy", "sadness", "surprise", "no-emotion", "offensive", "toxic", "hate", "suggestion-review", "review"}

func (r *Row) say(output int, yes bool) {
	r.Known |= 1 << output
	if yes {
		r.Yes |= 1 << output
	}
}

func (r *Row) knows(output int) bool { return r.Known>>output&1 == 1 }
func (r *Row) is(output int) bool    { return r.Yes>>output&1 == 1 }

var (
	addresses = regexp.MustCompile(`https?://\S+|www\.\S+|@\w+`)
)

// Fingerprint is the hash by which a text is refused: the first 24 hexadecimal digits of the SHA-256 of its word characters, in lower case,
// without names and URLs; "" for texts with fewer than 12 such characters.
func Fingerprint(text string) string {
	text = addresses.ReplaceAllString(html.UnescapeString(text), "")
	n := 0
	text = strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) {
			n++
			return unicode.ToLower(r)
		}
		return -1
	}, text)
	if n < 12 {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:24]
}

// Refused is a list of fingerprints that must not be learned from.
type Refused map[string]bool

// ReadRefused reads a list, one fingerprint a line.
func ReadRefused(file string) (Refused, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the refused texts: %w", err)
	}
	out := Refused{}
	for l := range strings.Lines(string(b)) {
		if l = strings.TrimSpace(l); l != "" {
			out[l] = true
		}
	}
	return out, nil
}

// Has reports whether text is refused.
func (r Refused) Has(text string) bool {
	f := Fingerprint(text)
	return f != "" && r[f]
}

// Set is one file of rows.
type Set struct {
	File    string
	SHA256  string
	Rows    []Row
	Refused int
	Broken  int
}

// ReadSet reads a file of label<TAB>language<TAB>text. A file that is absent gives no rows.
func ReadSet(dir, file string, refused Refused, label func(*Row, string)) (*Set, error) {
	s := &Set{File: file}
	b, err := os.ReadFile(filepath.Join(dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	sum := sha256.Sum256(b)
	s.SHA256 = hex.EncodeToString(sum[:])
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		p := strings.SplitN(sc.Text(), "\t", 3)
		if len(p) != 3 || strings.TrimSpace(p[2]) == "" || len(p[1]) != 2 {
			s.Broken++
			continue
		}
		if refused.Has(p[2]) {
			s.Refused++
			continue
		}
		r := Row{Text: p[2], Lang: p[1], Set: file, Weight: 1}
		label(&r, p[0])
		if r.Known == 0 {
			continue
		}
		s.Rows = append(s.Rows, r)
	}
	return s, sc.Err()
}

func labelSentiment(r *Row, l string) {
	l, _, _ = strings.Cut(l, ";")
	if l != "0" && l != "1" && l != "2" {
		return
	}
	r.say(Negative, l == "0")
	r.say(Neutral, l == "1")
	r.say(Positive, l == "2")
}

func labelReview(r *Row, l string) {
	l, rest, _ := strings.Cut(l, ";")
	stars, err := strconv.Atoi(strings.TrimPrefix(rest, "stars="))
	if err != nil {
		return
	}
	r.Stars = stars
	problem, feature := strings.Contains(l, "problem"), strings.Contains(l, "feature")
	r.say(ComplaintReview, problem)
	r.say(Suggestion, feature)
	r.say(SuggestionReview, feature)
	r.say(Review, true)
	if stars != 3 {
		r.say(Stars, stars > 3)
	}
	if stars < 3 || stars == 5 && !problem {
		r.say(Negative, stars < 3)
		r.say(Neutral, false)
		r.say(Positive, stars == 5)
	}
	if stars > 3 && !problem && !feature {
		r.say(Praise, true)
	}
	if stars < 3 {
		r.say(Praise, false)
	}
}

func labelOne(outputs ...int) func(*Row, string) {
	return func(r *Row, l string) {
		for _, o := range outputs {
			r.say(o, l == "1")
		}
	}
}

func labelEkman(r *Row, l string) {
	order := [...]int{Anger, Disgust, Fear, Joy, NoEmotion, Sadness, Surprise}
	for _, o := range order {
		r.say(o, false)
	}
	pleasant, unpleasant := false, false
	for p := range strings.SplitSeq(l, ",") {
		i, err := strconv.Atoi(p)
		if err != nil || i < 0 || i >= len(order) {
			r.Known = 0
			return
		}
		r.say(order[i], true)
		pleasant = pleasant || order[i] == Joy
		unpleasant = unpleasant || order[i] == Anger || order[i] == Disgust || order[i] == Sadness || order[i] == Fear
	}
	if pleasant != unpleasant {
		r.say(Mood, pleasant)
	}
}

// labelPlutchik reads XED: anger, anticipation, disgust, fear, joy, sadness, surprise, trust, from 1.
func labelPlutchik(r *Row, l string) {
	pleasant, unpleasant := 0, 0
	for p := range strings.SplitSeq(l, ",") {
		switch strings.TrimSpace(p) {
		case "1", "3", "4", "6":
			unpleasant++
		case "5", "8":
			pleasant++
		case "2", "7":
		default:
			r.Known, r.Yes = 0, 0
			return
		}
	}
	if (pleasant > 0) != (unpleasant > 0) {
		r.say(Mood, pleasant > 0)
	}
	has := func(n string) bool { return strings.Contains(l, n) }
	r.say(Anger, has("1"))
	r.say(Disgust, has("3"))
	r.say(Fear, has("4"))
	r.say(Joy, has("5"))
	r.say(Sadness, has("6"))
	r.say(Surprise, has("7"))
}

func labelTweetEmotion(r *Row, l string) {
	r.say(Anger, l == "0")
	r.say(Joy, l == "1" || l == "2")
	r.say(Sadness, l == "3")
	r.say(Mood, l == "1" || l == "2")
}

func labelDavidson(r *Row, l string) {
	r.say(Hate, l == "0")
	r.say(Offensive, l != "2")
}
