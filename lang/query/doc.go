package query

import (
	"strings"
	"time"

	"github.com/entente/entente/lang"
)

// Doc is a post as queries see it. Fill the exported fields and pass it to [NewDoc]; what NewDoc returns
// can be matched by any number of queries, at the same time.
type Doc struct {
	Lang       string // ISO 639-1, "" when unknown
	Title      string
	Text       string
	URL        string   // where the post stands
	Author     string   // identity: handle, address or URI
	AuthorName string   // name shown
	Channel    string   // id or name of the channel
	Kind       string   // what it is there: article, mail, question, answer, comment, review, discussion, idea, event, post
	Kinds      []string // what it says: praise, complaint, suggestion, question, lead, job
	Sentiment  string   // negative, neutral, positive
	Emotion    string   // anger, disgust, fear, joy, sadness, surprise, none
	Followers  int      // of the author
	In         string   // id and name of the space, community or place it belongs to, separated by a space
	Tags       []string // tags given beside the text, with or without #
	At         time.Time
	Now        time.Time // what "7d" counts back from; zero is the time of matching

	ready bool
	lang  int
	toks  []docTok
	index map[string]int32 // stem to the last of its toks
	links []string
	tags  []string // joined terms of each tag
}

type docTok struct {
	raw, term, stem string
	at              int32 // consecutive inside a part of the post only
	before          int32 // the previous tok with the same stem, -1 when there is none
	part            scope // anywhere stands for tags
}

// partGap keeps the parts of a post farther from each other than any distance that can be asked for.
const partGap = 1000

// Parts of a post beyond these sizes (bytes, tags) are neither matched nor indexed.
const (
	maxTitle = 16 << 10
	maxText  = 256 << 10
	maxTag   = 200
	maxTags  = 100
)

// NewDoc tokenises and stems d once. stemmer may be nil.
func NewDoc(d Doc, stemmer *lang.Stemmer) *Doc {
	d.ready = true
	d.lang = variant(d.Lang)
	d.links, d.tags = nil, nil
	d.toks = make([]docTok, 0, (min(len(d.Title), maxTitle)+min(len(d.Text), maxText))/6+8)
	at := int32(0)
	d.eachPart(func(part scope, s string) {
		at += partGap
		lang.Walk(s, func(t lang.Token) bool {
			switch t.Kind {
			case lang.URL:
				d.links = append(d.links, s[t.Start:t.End])
			case lang.Tag:
				if part != anywhere {
					d.tags = append(d.tags, tagKey(s[t.Start:t.End]))
				}
			}
			return true
		})
		if part == anywhere {
			d.tags = append(d.tags, tagKey(s))
		}
		lang.Words(s, func(t lang.Token) bool {
			raw := s[t.Start:t.End]
			if term, stem := stemmer.Word(d.Lang, raw); term != "" {
				d.toks = append(d.toks, docTok{raw: raw, term: term, stem: stem, at: at, part: part})
				at++
			}
			return true
		})
	})
	d.index = make(map[string]int32, len(d.toks))
	for i := range d.toks {
		t := &d.toks[i]
		t.before = -1
		if j, ok := d.index[t.stem]; ok {
			t.before = j
		}
		d.index[t.stem] = int32(i)
	}
	return &d
}

// IndexText is the string that the full-text index must hold for d, for [Query.Narrow] to find it:
// the stems of title, text and tags, each once, then each tag whole after "t0".
func (d *Doc) IndexText(stemmer *lang.Stemmer) string {
	if !d.ready {
		d = NewDoc(*d, stemmer)
	}
	buf := make([]byte, 0, 8*len(d.toks)+64)
	for i := range d.toks {
		if t := &d.toks[i]; t.before < 0 {
			if i > 0 {
				buf = append(buf, ' ')
			}
			buf = append(buf, t.stem...)
		}
	}
	for _, key := range d.tags {
		buf = append(buf, " "+tagMark...)
		buf = append(buf, key...)
	}
	return string(buf)
}

// tagMark begins the words of the index that are whole tags.
const tagMark = "t0"

func (d *Doc) eachPart(yield func(part scope, s string)) {
	yield(inTitle, head(d.Title, maxTitle))
	yield(inText, head(d.Text, maxText))
	for i, t := range d.Tags {
		if i == maxTags {
			return
		}
		yield(anywhere, head(strings.TrimLeft(t, "#"), maxTag))
	}
}

func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// tagKey is what two tags that differ in case, accents or separators only have in common.
func tagKey(s string) string {
	return strings.Join(foldRuns(head(strings.TrimLeft(s, "#"), maxTag)), "")
}
