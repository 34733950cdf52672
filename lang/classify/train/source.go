package train

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/entente/entente/lang/classify"
)

// source is a file of texts and what is done with it.
type source struct {
	file    string
	licence string
	lang    string
	label   func(*Row, string)
	weight  float32
	held    bool // never trained on: figures are about it
	brand   int  // of app reviews, from 1: they are a fold of their own; 0 cuts the rows by their texts
}

const (
	umsab    = "as released by cardiffnlp/xlm-t, for research"
	tweets   = "as released by SemEval, for research"
	mit      = "MIT"
	ccBy     = "CC BY 4.0"
	apache   = "Apache-2.0"
	research = "as released by its authors"
)

// sources lists the files, in the order in which they are read.
func sources() []source {
	var out []source
	for _, l := range []string{"fr", "de", "es", "it", "pt", "ar", "hi"} {
		out = append(out, source{file: "sentiment.umsab." + l + ".train.tsv", licence: umsab, lang: l, label: labelSentiment, weight: 2})
	}
	return append(out,
		source{file: "sentiment.tweeteval.en.train-rebuilt.tsv", licence: tweets, lang: "en", label: labelSentiment, weight: 1},
		source{file: "sentiment-act.mastodon.en.train.tsv", licence: research, lang: "en", label: labelSentiment, weight: 1},
		source{file: "complaint.preotiuc.en.train-own80pct.tsv", licence: research, lang: "en", label: labelOne(ComplaintPost), weight: 1.5},
		source{file: "feedback.minibar.en.garmin.tsv", licence: mit, lang: "en", label: labelReview, weight: 1, brand: 1},
		source{file: "feedback.minibar.en.huawei.tsv", licence: mit, lang: "en", label: labelReview, weight: 1, brand: 2},
		source{file: "feedback.minibar.fr.garmin.tsv", licence: mit, lang: "fr", label: labelReview, weight: 1, brand: 1},
		source{file: "feedback.minibar.fr.huawei.tsv", licence: mit, lang: "fr", label: labelReview, weight: 1, brand: 2},
		source{file: "question.fqb.fr.tsv", licence: "LGPL-LR", lang: "fr", label: labelOne(Question), weight: 1},
		source{file: "intent.banking77.en.train.tsv", licence: ccBy, lang: "en", label: labelNothing, weight: 0.5},
		source{file: "lead.iphonex.en.tsv", licence: research, lang: "en", label: labelLead, weight: 0.3},
		source{file: "emotion.goemotions-ekman.en.train.tsv", licence: apache, lang: "en", label: labelEkman, weight: 1},
		source{file: "emotion.tweeteval.en.train.tsv", licence: tweets, lang: "en", label: labelTweetEmotion, weight: 0.5},
		source{file: "emotion.xed.en.tsv", licence: ccBy, lang: "en", label: labelPlutchik, weight: 0.3},
		source{file: "emotion.xed.fr.tsv", licence: ccBy, lang: "fr", label: labelPlutchik, weight: 1},
		source{file: "offensive.tweeteval.en.train.tsv", licence: tweets, lang: "en", label: labelOne(Offensive), weight: 1},
		source{file: "hate.tweeteval.en.train.tsv", licence: tweets, lang: "en", label: labelOne(Hate), weight: 1},
		source{file: "toxic.davidson.en.tsv", licence: mit, lang: "en", label: labelDavidson, weight: 0.3},
		source{file: "toxic.mlma.en.tsv", licence: mit, lang: "en", label: labelOne(Offensive), weight: 0.2},
		source{file: "toxic.mlma.fr.tsv", licence: mit, lang: "fr", label: labelOne(Toxic), weight: 1},
		source{file: "toxic.ftr-racism.fr.tsv", licence: mit, lang: "fr", label: labelOne(Toxic, Hate), weight: 1},
		source{file: "toxic.jigsaw-mt.fr.tsv", licence: "CC0", lang: "fr", label: labelOne(Toxic), weight: 1},
		source{file: "toxic.rtplx.fr.tsv", licence: mit, lang: "fr", label: labelOne(Toxic), weight: 1},
		source{file: "lid.xed22.train.tsv", licence: ccBy, label: labelNothing, weight: 0.5},
		source{file: "sentiment.tweeteval.en.val.tsv", licence: tweets, lang: "en", label: labelSentiment, held: true},
		source{file: "sentiment.umsab.en.val.tsv", licence: umsab, lang: "en", label: labelSentiment, held: true},
		source{file: "sentiment.umsab.fr.val.tsv", licence: umsab, lang: "fr", label: labelSentiment, held: true},
		source{file: "sentiment.umsab.de.val.tsv", licence: umsab, lang: "de", label: labelSentiment, held: true},
		source{file: "sentiment.umsab.es.val.tsv", licence: umsab, lang: "es", label: labelSentiment, held: true},
		source{file: "sentiment.umsab.it.val.tsv", licence: umsab, lang: "it", label: labelSentiment, held: true},
		source{file: "sentiment.umsab.pt.val.tsv", licence: umsab, lang: "pt", label: labelSentiment, held: true},
		source{file: "sentiment.umsab.ar.val.tsv", licence: umsab, lang: "ar", label: labelSentiment, held: true},
		source{file: "sentiment.umsab.hi.val.tsv", licence: umsab, lang: "hi", label: labelSentiment, held: true},
		source{file: "emotion.goemotions-ekman.en.dev.tsv", licence: apache, lang: "en", label: labelEkman, held: true},
		source{file: "offensive.tweeteval.en.val.tsv", licence: tweets, lang: "en", label: labelOne(Offensive), held: true},
		source{file: "hate.tweeteval.en.val.tsv", licence: tweets, lang: "en", label: labelOne(Hate), held: true},
		source{file: "suggestion.semeval19a.en.train-NC.tsv", licence: "non-commercial", lang: "en", label: labelOne(Suggestion), held: true},
		source{file: "suggestion.semeval19a.en.val-NC.tsv", licence: "non-commercial", lang: "en", label: labelOne(Suggestion), held: true},
		source{file: "brand.us-airline.en-NC.tsv", licence: "non-commercial", lang: "en", label: labelSentiment, held: true},
		source{file: "toxic.cyberagression.fr-NC.tsv", licence: "non-commercial", lang: "fr", label: labelCyber, held: true},
	)
}

const unlabelled = 31 // bit of Known for texts that are kept without a label

func labelNothing(r *Row, _ string) { r.Known |= 1 << unlabelled }

func labelLead(r *Row, l string) {
	if l != "u" {
		r.say(Lead, l == "1")
	}
}

func labelCyber(r *Row, l string) { r.say(Toxic, l != "NAG") }

// asked are the languages whose question marks teach what a question is.
const asked = " en fr de es it pt "

// derive adds what follows from what a text is, beyond its labels: a text that ends with a question mark is a question, also when the sign is left out;
// one without any is none; and chatter of strangers looks for neither goods nor work.
func derive(s *Set, src source) {
	rows := s.Rows
	s.Rows = nil
	for i, r := range rows {
		trimmed := strings.TrimRight(r.Text, " \t\u00a0\u202f?!")
		tail := r.Text[len(trimmed):]
		asks := strings.Contains(tail, "?") && trimmed != ""
		plain := !strings.ContainsAny(r.Text, "?¿")
		teaches := strings.Contains(asked, " "+r.Lang+" ") && !src.held
		switch {
		case src.file == "question.fqb.fr.tsv":
			if i%3 > 0 {
				r.Text = trimmed
			}
		case src.file == "lid.xed22.train.tsv" || strings.HasPrefix(src.file, "emotion.xed") || strings.HasPrefix(src.file, "intent."):
			if !teaches {
				continue
			}
			switch {
			case asks && i%4 > 0 && src.lang != "": // keeps its other labels under its own text
				s.Rows = append(s.Rows, r)
				r = Row{Text: trimmed, Lang: r.Lang, Set: r.Set, Weight: r.Weight}
				r.say(Question, true)
			case asks:
				if i%4 > 0 {
					r.Text = trimmed
				}
				r.say(Question, true)
			case plain && !strings.HasPrefix(src.file, "intent."):
				r.say(Question, false)
			}
			if r.Known == 1<<unlabelled {
				continue
			}
			r.Known &^= 1 << unlabelled
			if src.lang == "" && r.Lang != "fr" && i%3 > 0 {
				continue
			}
		case teaches && strings.HasPrefix(src.file, "sentiment."):
			if r.Lang == "fr" || r.Lang == "en" && i%8 == 0 {
				r.say(Review, false)
			}
			if plain && (r.Lang != "en" || i%2 == 0) {
				r.say(Question, false)
			}
			if r.Lang != "en" || i%4 == 0 {
				r.say(Job, false)
				r.say(Lead, false)
			}
			if r.Lang == "fr" && i%2 == 0 {
				r.say(Toxic, false)
			}
		case teaches && strings.HasPrefix(src.file, "emotion.goemotions"):
			if plain && i%3 == 0 {
				r.say(Question, false)
				r.say(Job, false)
				r.say(Lead, false)
			}
		case strings.HasPrefix(src.file, "complaint."):
			r.say(Review, false)
		case strings.HasPrefix(src.file, "feedback."):
			r.say(Job, false)
			if plain {
				r.say(Question, false)
			}
			if r.Lang == "fr" && r.Stars > 2 {
				r.say(Toxic, false)
			}
		}
		s.Rows = append(s.Rows, r)
	}
}

// ownSets reads what the project wrote itself, by docs/models/guideline.md: lines of kinds, sentiment, language and text between tabs; those
// that begin with # are comments.
func ownSets(lang fs.FS, refused Refused) ([]*Set, error) {
	names, err := fs.Glob(lang, "classify/own/*.tsv")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("find the posts of our own: %w", fs.ErrNotExist)
	}
	var out []*Set
	for _, n := range names {
		b, err := fs.ReadFile(lang, n)
		if err != nil {
			return nil, fmt.Errorf("read own posts: %w", err)
		}
		read := ownRow
		if strings.HasPrefix(path.Base(n), "aggression.") {
			read = ownAttack
		}
		s := ownSet("own/"+path.Base(n), b, refused, read)
		for i := range s.Rows {
			s.Rows[i].say(Review, s.Rows[i].app())
		}
		out = append(out, s)
	}
	return out, nil
}

// correctedSet reads what the members of an organisation said of posts, as `entente corrections` writes it: lines like those of our own.
func correctedSet(file string, refused Refused) (*Set, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the corrections: %w", err)
	}
	return ownSet("own/corrections", b, refused, ownRow), nil
}

func ownSet(name string, b []byte, refused Refused, read func(string) (Row, bool)) *Set {
	sum := sha256.Sum256(b)
	s := &Set{File: name, SHA256: hex.EncodeToString(sum[:])}
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := sc.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		r, ok := read(line)
		switch {
		case !ok:
			s.Broken++
		case refused.Has(r.Text):
			s.Refused++
		default:
			r.Set = s.File
			s.Rows = append(s.Rows, r)
		}
	}
	return s
}

func ownRow(line string) (Row, bool) {
	p := strings.SplitN(line, "\t", 4)
	if len(p) != 4 || len(p[2]) != 2 || strings.TrimSpace(p[3]) == "" {
		return Row{}, false
	}
	r := Row{Text: p[3], Lang: p[2], Weight: 1.5}
	outputs := map[string][]int{"praise": {Praise}, "complaint": {ComplaintPost, ComplaintReview}, "suggestion": {Suggestion, SuggestionReview}, "question": {Question},
		"lead": {Lead}, "job": {Job}, "none": nil}
	if p[0] == "" && p[1] == "" { // a correction of something else
		return Row{}, false
	}
	for _, os := range outputs {
		for _, o := range os {
			if p[0] != "" {
				r.say(o, false)
			}
		}
	}
	for k := range strings.SplitSeq(p[0], ",") {
		if p[0] == "" {
			break
		}
		os, known := outputs[strings.TrimSpace(k)]
		if !known {
			return Row{}, false
		}
		for _, o := range os {
			r.say(o, true)
		}
	}
	switch p[1] {
	case "negative":
		labelSentiment(&r, "0")
	case "neutral":
		labelSentiment(&r, "1")
	case "positive":
		labelSentiment(&r, "2")
	case "-", "":
	default:
		return Row{}, false
	}
	return r, true
}

// ownAttack reads label<TAB>language<TAB>text, the label being none, offensive, attack or hate.
func ownAttack(line string) (Row, bool) {
	p := strings.SplitN(line, "\t", 3)
	if len(p) != 3 || len(p[1]) != 2 || strings.TrimSpace(p[2]) == "" {
		return Row{}, false
	}
	r := Row{Text: p[2], Lang: p[1], Weight: 1.5}
	switch p[0] {
	case "none", "offensive", "attack", "insult", "hate":
	default:
		return Row{}, false
	}
	if r.Lang == "en" {
		r.say(Offensive, p[0] != "none")
	} else {
		r.say(Toxic, p[0] != "none")
	}
	r.say(Hate, p[0] == "hate")
	return r, true
}

// buildLexicon gathers the entries of all lexicons: lines of entry, class, strength and perhaps a language, which is otherwise that in the name
// of the file; lines that begin with # are comments.
func buildLexicon(lang fs.FS) (*classify.LexiconBuilder, error) {
	names, err := fs.Glob(lang, "classify/lexicon/*.tsv")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("find the lexicons: %w", fs.ErrNotExist)
	}
	var b classify.LexiconBuilder
	for _, n := range names {
		code := ""
		if p := strings.Split(path.Base(n), "."); len(p) == 3 {
			code = p[1]
		}
		f, err := lang.Open(n)
		if err != nil {
			return nil, fmt.Errorf("open a lexicon: %w", err)
		}
		err = b.Read(code, f)
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("close a lexicon: %w", err)
		}
		if err != nil {
			return nil, fmt.Errorf("read the lexicon %s: %w", n, err)
		}
	}
	return &b, nil
}
