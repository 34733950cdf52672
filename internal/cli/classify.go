package cli

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/entente/entente/lang/classify"
)

type classifyCommand struct {
	jsonLines
}

func (r *run) classify() *cobra.Command {
	c := &classifyCommand{}
	cmd := r.does("classify", "Say of each text what language, feeling and kind it is: an object with text a line on standard input, the same object with answers a line on standard output.", c.Run)
	c.flags(cmd.Flags())
	return cmd
}

// Run says of each object's text what it is.
func (c *classifyCommand) Run(r *run) error {
	models, err := classify.Open()
	if err != nil {
		return err
	}
	return c.run(r, func() liner {
		w := classifying{classifier: models}
		return w.line
	})
}

// classifying is what one goroutine needs.
type classifying struct {
	classifier *classify.Classifier
	o          object
}

func (w *classifying) line(dst, line []byte) ([]byte, error) {
	if err := w.o.read(line); err != nil {
		return dst, err
	}
	text, found := "", false
	var o classify.Options
	for i := range w.o.members {
		switch m := &w.o.members[i]; m.key {
		case "text":
			if text, found = m.text(); !found {
				return dst, errText
			}
		case "lang":
			o.Lang, _ = m.text()
		}
	}
	if !found {
		return dst, fmt.Errorf("no text")
	}
	l := w.classifier.Classify(text, o)
	dst = w.o.reopen(dst, "language", "sentiment", "kinds", "kind_p", "emotion", "aggression")
	dst = append(dst, `"language":{"code":`...)
	dst = appendQuoted(dst, cmp.Or(l.Language, unknownLanguage))
	dst = append(dst, `,"p":`...)
	dst = appendP(dst, l.LanguageP)
	dst = append(dst, `},"sentiment":{"label":"`...)
	dst = append(dst, l.Sentiment.String()...)
	dst = append(dst, `","p":`...)
	dst = appendPs(dst, classify.SentimentHead, l.SentimentP[:])
	dst = append(dst, `},"kinds":[`...)
	for i, k := range l.Kinds.List() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), k.String()...), '"')
	}
	dst = append(dst, `],"kind_p":`...)
	dst = appendPs(dst, classify.KindHead, l.KindP[:])
	dst = append(dst, `,"emotion":{"label":"`...)
	dst = append(dst, l.Emotion.String()...)
	dst = append(dst, `","p":`...)
	dst = appendPs(dst, classify.EmotionHead, l.EmotionP[:])
	dst = append(dst, `},"aggression":{"label":"`...)
	dst = append(dst, l.Aggression.String()...)
	dst = append(dst, `","p":`...)
	dst = appendP(dst, l.AggressionP[l.Aggression])
	return append(dst, "}}"...), nil
}

// appendPs appends the probability of each label of a head as an object.
func appendPs(dst []byte, h classify.Head, ps []float64) []byte {
	dst = append(dst, '{')
	for i, name := range h.Labels() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), name...), `":`...)
		dst = appendP(dst, ps[i])
	}
	return append(dst, '}')
}

// appendP appends a probability with four decimals.
func appendP(dst []byte, p float64) []byte {
	n := int64(min(max(p, 0), 1)*10000 + 0.5)
	if n == 10000 {
		return append(dst, '1')
	}
	dst = append(dst, "0."...)
	for at := int64(1000); at > 0; at /= 10 {
		dst = strconv.AppendInt(dst, n/at%10, 10)
	}
	return dst
}

// unknownLanguage stands where a text is too short to tell.
const unknownLanguage = "unknown"
