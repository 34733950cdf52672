package classify

import (
	"fmt"
	"math/bits"
	"strings"
)

// Head is one of the questions that a [Classifier] answers of a text.
type Head uint8

// The heads.
const (
	SentimentHead  Head = iota // negative, neutral or positive
	KindHead                   // what the text is for, several at once
	EmotionHead                // Ekman's six, or none
	AggressionHead             // whether and how somebody is attacked
	heads          = iota
)

var headNames = [heads]string{"sentiment", "kind", "emotion", "aggression"}

// Heads lists all heads.
func Heads() []Head { return []Head{SentimentHead, KindHead, EmotionHead, AggressionHead} }

func (h Head) String() string { return name(headNames[:], uint8(h)) }

// Labels names the labels of a head, in the order of their probabilities in [Labels].
func (h Head) Labels() []string {
	switch h {
	case SentimentHead:
		return sentimentNames[:]
	case KindHead:
		return kindNames[:]
	case EmotionHead:
		return emotionNames[:]
	case AggressionHead:
		return aggressionNames[:]
	}
	return nil
}

// Sentiment is the feeling of a text.
type Sentiment uint8

// The sentiments.
const (
	Negative   Sentiment = iota
	Neutral              // nothing is felt, or both sides balance
	Positive             // pleased, thankful, hopeful
	sentiments = iota
)

var sentimentNames = [sentiments]string{"negative", "neutral", "positive"}

func (s Sentiment) String() string { return name(sentimentNames[:], uint8(s)) }

// Kind is what a text is for.
type Kind uint8

// The kinds.
const (
	Praise     Kind = iota // says what is good
	Complaint              // something expected did not happen; bugs and problems too
	Suggestion             // asks for a change or a feature
	Question               // needs help or information
	Lead                   // means to buy, switch or renew
	Job                    // wants to work here
	kinds      = iota
)

var kindNames = [kinds]string{"praise", "complaint", "suggestion", "question", "lead", "job"}

func (k Kind) String() string { return name(kindNames[:], uint8(k)) }

// Kinds is a set of kinds; the zero value is empty.
type Kinds uint8

// KindsOf is the set of ks.
func KindsOf(ks ...Kind) Kinds {
	var s Kinds
	for _, k := range ks {
		s |= 1 << k
	}
	return s
}

// Has reports whether k is in the set.
func (s Kinds) Has(k Kind) bool { return s>>k&1 == 1 }

// Len is the number of kinds in the set.
func (s Kinds) Len() int { return bits.OnesCount8(uint8(s)) }

// List gives the kinds of the set in their order.
func (s Kinds) List() []Kind {
	out := make([]Kind, 0, s.Len())
	for k := range Kind(kinds) {
		if s.Has(k) {
			out = append(out, k)
		}
	}
	return out
}

// String names the kinds of the set, with commas between.
func (s Kinds) String() string {
	var names []string
	for _, k := range s.List() {
		names = append(names, k.String())
	}
	return strings.Join(names, ",")
}

// Emotion is one of Ekman's six basic emotions, or none.
type Emotion uint8

// The emotions.
const (
	Anger Emotion = iota
	Disgust
	Fear
	Joy
	Sadness
	Surprise
	NoEmotion
	emotions = iota
)

var emotionNames = [emotions]string{"anger", "disgust", "fear", "joy", "sadness", "surprise", "none"}

func (e Emotion) String() string { return name(emotionNames[:], uint8(e)) }

// Aggression is whether and how somebody is attacked.
type Aggression uint8

// The aggressions, each worse than the one before.
const (
	NoAggression Aggression = iota
	Attack                  // rude or hostile words
	Insult                  // somebody is called names
	Hate                    // a group is attacked for what its members are
	aggressions  = iota
)

var aggressionNames = [aggressions]string{"none", "attack", "insult", "hate"}

func (a Aggression) String() string { return name(aggressionNames[:], uint8(a)) }

// Label names one label of one head, such as complaint of the kinds.
type Label struct {
	Head  Head
	Index uint8 // place in Head.Labels()
}

// LabelOf is the label that String writes, such as "kind:complaint".
func LabelOf(s string) (Label, error) {
	head, label, _ := strings.Cut(s, ":")
	for _, h := range Heads() {
		if h.String() != head {
			continue
		}
		for i, n := range h.Labels() {
			if n == label {
				return Label{h, uint8(i)}, nil
			}
		}
	}
	return Label{}, fmt.Errorf("there is no label %q", s)
}

func (l Label) String() string { return l.Head.String() + ":" + name(l.Head.Labels(), l.Index) }

func name(names []string, i uint8) string {
	if int(i) >= len(names) {
		return fmt.Sprintf("%d?", i)
	}
	return names[i]
}

// Labels is what a [Classifier] says of a text.
type Labels struct {
	Language  string  // ISO 639-1; "" when there is too little to tell
	LanguageP float64 // how likely, 0 to 1

	Sentiment  Sentiment
	SentimentP [sentiments]float64 // sum to 1, as if the three were equally frequent

	Kinds Kinds
	KindP [kinds]float64 // each for itself

	Emotion  Emotion
	EmotionP [emotions]float64 // sum to 1

	Aggression  Aggression
	AggressionP [aggressions]float64 // sum to 1

	unsure uint8 // bits of heads
}

// Sure reports whether the model dares to answer for head: it abstains for texts without words, in
// languages it did not learn, and where its first two answers are too close. The labels are its best guess even then.
func (l *Labels) Sure(h Head) bool { return l.unsure>>h&1 == 0 }

// P is the probability of one label.
func (l *Labels) P(of Label) float64 {
	var p []float64
	switch of.Head {
	case SentimentHead:
		p = l.SentimentP[:]
	case KindHead:
		p = l.KindP[:]
	case EmotionHead:
		p = l.EmotionP[:]
	case AggressionHead:
		p = l.AggressionP[:]
	}
	if int(of.Index) >= len(p) {
		return 0
	}
	return p[of.Index]
}
