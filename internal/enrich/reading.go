package enrich

import (
	"math"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/entente/entente/internal/problem"
)

// The heads: the questions that are asked of a post.
const (
	Language   = "language"
	Sentiment  = "sentiment"
	Kinds      = "kinds"
	Emotion    = "emotion"
	Aggression = "aggression"
)

// None says of kinds, emotion and aggression that there is none, as against nothing known.
const None = "none"

// Heads lists the heads in the order in which they are shown.
func Heads() []string { return []string{Sentiment, Kinds, Emotion, Aggression, Language} }

// Sentiments lists the values of Sentiment, the gloomiest first.
func Sentiments() []string { return []string{"negative", "neutral", "positive"} }

// KindNames lists the values of Kinds, of which a post may have several.
func KindNames() []string {
	return []string{"praise", "complaint", "suggestion", "question", "lead", "job"}
}

// Emotions lists the values of Emotion: Ekman's six, and none.
func Emotions() []string {
	return []string{"anger", "disgust", "fear", "joy", "sadness", "surprise", None}
}

// Aggressions lists the values of Aggression, each worse than the one before.
func Aggressions() []string { return []string{None, "attack", "insult", "hate"} }

// Values lists what may be said of a head; of Kinds, several at once. A language is any code of ISO 639-1, so there is no list.
func Values(head string) []string {
	switch head {
	case Sentiment:
		return Sentiments()
	case Kinds:
		return KindNames()
	case Emotion:
		return Emotions()
	case Aggression:
		return Aggressions()
	}
	return nil
}

// Reading is what enrichers say of a post, as probabilities of 0 to 1.
type Reading struct {
	Lang       string // ISO 639-1, "" when it cannot be told
	LangP      float64
	Classified bool // whether the rest was looked at
	Sentiment  [3]float64
	Kinds      [6]float64
	Emotion    [7]float64
	Aggression [4]float64
	Said       [6]bool // the kinds that the model itself would say
	Sure       [3]bool // whether it dares to answer for sentiment, emotion and aggression
}

const (
	digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
	steps  = len(digits)*len(digits) - 1
)

// pack writes the probabilities in two digits each, and rounds them in r to what it wrote: labels must follow from what is stored.
func (r *Reading) pack() string {
	buf := make([]byte, 0, 44)
	put := func(p *float64) {
		n := int(math.Round(min(max(*p, 0), 1) * float64(steps))) // NaN becomes 0
		if *p != *p {
			n = 0
		}
		*p = float64(n) / float64(steps)
		buf = append(buf, digits[n/len(digits)], digits[n%len(digits)])
	}
	put(&r.LangP)
	if !r.Classified {
		return string(buf)
	}
	r.each(put)
	flags := 0
	for i, on := range append(r.Said[:], r.Sure[:]...) {
		if on {
			flags |= 1 << i
		}
	}
	return string(append(buf, digits[flags/len(digits)], digits[flags%len(digits)]))
}

func (r *Reading) each(do func(*float64)) {
	for i := range r.Sentiment {
		do(&r.Sentiment[i])
	}
	for i := range r.Kinds {
		do(&r.Kinds[i])
	}
	for i := range r.Emotion {
		do(&r.Emotion[i])
	}
	for i := range r.Aggression {
		do(&r.Aggression[i])
	}
}

// unpack reads what pack wrote; what is too short leaves the rest at zero.
func (r *Reading) unpack(s string) {
	number := func() int {
		if len(s) < 2 {
			return 0
		}
		n := max(strings.IndexByte(digits, s[0]), 0)*len(digits) + max(strings.IndexByte(digits, s[1]), 0)
		s = s[2:]
		return n
	}
	take := func(p *float64) { *p = float64(number()) / float64(steps) }
	take(&r.LangP)
	if r.Classified = len(s) > 0; !r.Classified {
		return
	}
	r.each(take)
	flags := number()
	for i := range r.Said {
		r.Said[i] = flags>>i&1 == 1
	}
	for i := range r.Sure {
		r.Sure[i] = flags>>(i+len(r.Said))&1 == 1
	}
}

// P is the probability of a value of a head, 0 for one that nobody asked about.
func (r *Reading) P(head, value string) float64 {
	i := slices.Index(Values(head), value)
	switch {
	case head == Language && value == r.Lang:
		return r.LangP
	case i < 0:
		return 0
	case head == Sentiment:
		return r.Sentiment[i]
	case head == Kinds:
		return r.Kinds[i]
	case head == Emotion:
		return r.Emotion[i]
	case head == Aggression:
		return r.Aggression[i]
	}
	return 0
}

// Taken is what a post is taken for.
type Taken struct {
	Lang       string
	Sentiment  string   // negative, neutral, positive; "" when nobody is sure
	Kinds      []string // in the order of KindNames
	Emotion    string   // as Emotions; "" when nobody is sure
	Aggression string   // as Aggressions; "" when nobody is sure
	Hand       []string // the heads a person spoke of
}

// ByHand reports whether a person said the head.
func (l Taken) ByHand(head string) bool { return slices.Contains(l.Hand, head) }

// Of is the value of a head as people write it: kinds by commas.
func (l Taken) Of(head string) string {
	switch head {
	case Language:
		return l.Lang
	case Sentiment:
		return l.Sentiment
	case Kinds:
		if len(l.Kinds) == 0 && l.ByHand(Kinds) {
			return None
		}
		return strings.Join(l.Kinds, ",")
	case Emotion:
		return l.Emotion
	case Aggression:
		return l.Aggression
	}
	return ""
}

// Thresholds say from which probability on a model is believed; 0 leaves it to the model's own rule.
type Thresholds struct {
	Sentiment  float64            `json:"sentiment,omitempty"`
	Emotion    float64            `json:"emotion,omitempty"`
	Aggression float64            `json:"aggression,omitempty"` // against anything but none
	Kinds      map[string]float64 `json:"kinds,omitempty"`
}

// Check refuses what is no probability, and kinds that do not exist.
func (t Thresholds) Check() error {
	all := []float64{t.Sentiment, t.Emotion, t.Aggression}
	for k, v := range t.Kinds {
		if !slices.Contains(KindNames(), k) {
			return problem.New(problem.Invalid, "enrich.no_value", "Head", Kinds).On("kinds")
		}
		all = append(all, v)
	}
	for _, v := range all {
		if !(v >= 0 && v < 1) {
			return problem.New(problem.Invalid, "enrich.no_threshold").On("thresholds")
		}
	}
	return nil
}

// Resolve decides what a post is taken for: the word of people by head, else what the model says when it is sure enough, else nothing.
func Resolve(r *Reading, hand map[string]string, t Thresholds) Taken { return resolve(r, nil, hand, t) }

// resolve is Resolve where a model elsewhere was asked: what it says of a head counts more than the models here, and less than people.
func resolve(r *Reading, far, hand map[string]string, t Thresholds) Taken {
	l := Taken{Lang: r.Lang}
	if r.Classified {
		enough := func(p, threshold float64, sure bool) bool {
			if threshold > 0 {
				return p >= threshold
			}
			return sure
		}
		if i, p := top(r.Sentiment[:]); enough(p, t.Sentiment, r.Sure[0]) {
			l.Sentiment = Sentiments()[i]
		}
		for i, k := range KindNames() {
			if enough(r.Kinds[i], t.Kinds[k], r.Said[i]) {
				l.Kinds = append(l.Kinds, k)
			}
		}
		if i, p := top(r.Emotion[:]); enough(p, t.Emotion, r.Sure[1]) {
			l.Emotion = Emotions()[i]
		}
		switch i, p := top(r.Aggression[:]); {
		case t.Aggression == 0:
			if r.Sure[2] {
				l.Aggression = Aggressions()[i]
			}
		case 1-r.Aggression[0] >= t.Aggression:
			worst, _ := top(r.Aggression[1:])
			l.Aggression = Aggressions()[1+worst]
		case i == 0 && p > 0:
			l.Aggression = None
		}
	}
	for _, head := range Heads() {
		if v := far[head]; v != "" {
			l.take(head, v)
		}
		if v := hand[head]; v != "" {
			l.Hand = append(l.Hand, head)
			l.take(head, v)
		}
	}
	return l
}

func (l *Taken) take(head, v string) {
	switch head {
	case Language:
		l.Lang = v
	case Sentiment:
		l.Sentiment = v
	case Kinds:
		l.Kinds = kindsOf(v)
	case Emotion:
		l.Emotion = v
	case Aggression:
		l.Aggression = v
	}
}

// top is the greatest of p and its place.
func top(p []float64) (int, float64) {
	at := 0
	for i := range p {
		if p[i] > p[at] {
			at = i
		}
	}
	return at, p[at]
}

// kindsOf reads kinds by commas, in the order of KindNames; what is no kind is left out.
func kindsOf(s string) []string {
	var out []string
	said := strings.Split(s, ",")
	for _, k := range KindNames() {
		if slices.Contains(said, k) {
			out = append(out, k)
		}
	}
	return out
}

// JoinKinds writes kinds by commas as people's words do: in the order of KindNames, None for none, and what is no kind so that Valid refuses it.
func JoinKinds(list []string) string {
	if len(list) == 0 {
		return None
	}
	for _, k := range list {
		if !slices.Contains(KindNames(), k) {
			return "?"
		}
	}
	return strings.Join(kindsOf(strings.Join(list, ",")), ",")
}

// Valid reports whether a person may say v of a head; "" takes a word back.
func Valid(head, v string) bool {
	switch {
	case v == "":
		return slices.Contains(Heads(), head)
	case head == Sentiment:
		return slices.Contains(Sentiments(), v)
	case head == Emotion:
		return slices.Contains(Emotions(), v)
	case head == Aggression:
		return slices.Contains(Aggressions(), v)
	case head == Kinds:
		return v == None || strings.Join(kindsOf(v), ",") == v
	case head == Language:
		_, err := language.ParseBase(v) // of ISO 639; "zz" is none
		return err == nil && len(v) == 2 && v == strings.ToLower(v)
	}
	return false
}
