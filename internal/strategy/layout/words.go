package layout

import "github.com/entente/entente/internal/measure/stat"

// Words are the fixed words of a drawing, in the reader's language.
type Words struct {
	OnTrack, Watch, Off, Unknown string // states
	Target                       string // "Target"
	Expected                     string // "Expected by now"
	Progress                     string // "Progress"
	Supports                     string // "Supports"
	NoMeasure                    string // "No measure yet"
	Consistent, NotConsistent    string // verdicts on a link
	TooFewData                   string
	Legend                       string // "Legend"
	Colon                        string // ": " or, in French, a no-break space before it; ": " when empty
}

func (w Words) colon() string {
	if w.Colon == "" {
		return ": "
	}
	return w.Colon
}

func (w Words) state(s stat.State) string {
	switch s {
	case stat.OnTrack:
		return w.OnTrack
	case stat.Watch:
		return w.Watch
	case stat.Off:
		return w.Off
	}
	return w.Unknown
}

func (w Words) verdict(v stat.Verdict) string {
	switch v {
	case stat.Consistent:
		return w.Consistent
	case stat.NotConsistent:
		return w.NotConsistent
	}
	return w.TooFewData
}

// WordsFrom reads the words with a translating function, under keys such as strategy.map.on_track. The colon is
// strategy.map.colon, spaces included.
func WordsFrom(say func(key string) string) Words {
	return Words{
		OnTrack: say("strategy.map.on_track"), Watch: say("strategy.map.watch"),
		Off: say("strategy.map.off"), Unknown: say("strategy.map.unknown"),
		Target: say("strategy.map.target"), Expected: say("strategy.map.expected"),
		Progress: say("strategy.map.progress"), Supports: say("strategy.map.supports"),
		NoMeasure: say("strategy.map.no_measure"), Consistent: say("strategy.map.consistent"),
		NotConsistent: say("strategy.map.not_consistent"), TooFewData: say("strategy.map.too_few_data"),
		Legend: say("strategy.map.legend"), Colon: say("strategy.map.colon"),
	}
}
