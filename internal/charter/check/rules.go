package check

import (
	"strings"
	"unicode"
)

func (t *text) saysWho(in *Input) Finding {
	if words := t.find(mask); len(words) > 0 {
		return notMet("says_who.masked", words...)
	}
	who := &in.Speaker
	if words := t.named(who.Name); len(words) > 0 {
		return met("says_who.named", words...)
	}
	switch {
	case who.Name == "":
		return notMet("says_who.nobody")
	case who.Shown:
		return met("says_who.shown").with("Name", who.Name)
	case who.Named:
		return met("says_who.earlier").with("Name", who.Name)
	}
	return notMet("says_who.unnamed").with("Name", who.Name)
}

func (f Finding) with(args ...any) Finding {
	f.Args = args
	return f
}

const leastName = 3 // letters of a first name that is told from a word

// named is where a member's name stands: all of it, or the first name with a capital letter.
func (t *text) named(name string) []Span {
	full := fold(name).s
	if strings.TrimSpace(full) == "" {
		return nil
	}
	if i := strings.Index(t.own.s, full); i >= 0 {
		return []Span{t.own.span(t.raw, i, i+len(full))}
	}
	first, _, _ := strings.Cut(full, " ")
	if len(first) < leastName {
		return nil
	}
	for from := 0; ; {
		i := strings.Index(t.own.s[from:], first)
		if i < 0 {
			return nil
		}
		i += from
		from = i + len(first)
		s := t.own.span(t.raw, i, from)
		alone := (i == 0 || !letter(t.own.s[i-1])) && (from == len(t.own.s) || !letter(t.own.s[from]))
		if alone && s.From < len(t.raw) && unicode.IsUpper([]rune(t.raw[s.From:])[0]) {
			return []Span{s}
		}
	}
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 0x80 }

func knowsPlace(in *Input) Finding {
	p := &in.Place
	switch {
	case p.Own || in.Private:
		return met("knows_place.own")
	case p.ReadUntil.IsZero():
		return cannotTell("knows_place.unknown")
	case in.Now.Before(p.ReadUntil):
		return notMet("knows_place.too_early").with("Until", p.ReadUntil)
	}
	return met("knows_place.read")
}

func (t *text) introduced(in *Input) Finding {
	p := &in.Place
	switch {
	case p.Own || in.Private:
		return met("introduced.own")
	case p.Introduced:
		return met("introduced.before")
	}
	if words := t.find(introduces); len(words) > 0 {
		return met("introduced.here", words...)
	}
	switch {
	case in.Speaker.Here:
		return met("introduced.spoken")
	case p.Spoken:
		return cannotTell("introduced.colleague")
	}
	return notMet("introduced.first")
}

// leastSaid is how many words must be left when courtesy is taken away, for a text to be more than courtesy.
const leastSaid = 4

// mostCurt is how many words a text has at most that can be nothing but courtesy.
const mostCurt = 60

func (t *text) brings() Finding {
	if t.words() == 0 {
		return notMet("brings_something.nothing")
	}
	if words := merged(t.find(link), t.find(advice)); len(words) > 0 && !t.curt() {
		return met("brings_something.advice", words[:1]...)
	}
	if words := t.find(commits); len(words) > 0 {
		return met("brings_something.promise", words[:1]...)
	}
	if t.curt() {
		return notMet("brings_something.courtesy", t.find(courtesy)...)
	}
	return cannotTell("brings_something.unsure")
}

// curt reports whether there is hardly a word beside courtesy.
func (t *text) curt() bool {
	if t.words() > mostCurt || len(t.find(courtesy)) == 0 {
		return false
	}
	return len(strings.Fields(lettersOnly(courtesy.ReplaceAllString(t.own.s, " ")))) < leastSaid
}

func (t *text) sells(in *Input) Finding {
	words := t.meant(sale, 24)
	switch {
	case len(words) == 0:
		return met("does_not_sell.not")
	case in.Before.Buying:
		return met("does_not_sell.asked", words...)
	}
	return notMet("does_not_sell.sells", words...)
}

const (
	surelyRude  = 0.9 // how likely the model must take a sentence for an attack, for it to be one
	leastShout  = 12  // letters of a sentence that is shouted
	shareOfCaps = 0.8
)

func (t *text) aggressive(tone Tone) Finding {
	if words := t.meant(rude, 14); len(words) > 0 {
		return notMet("not_aggressive.words", words...)
	}
	var sure, doubtful []Span
	own := Own(t.raw)
	for _, s := range t.sentences() {
		words := own[s.From:s.To]
		if shouted(words) {
			return notMet("not_aggressive.shouted", s)
		}
		if tone == nil {
			continue
		}
		switch label, p := tone(words); {
		case label == "" || label == "none":
		case p >= surelyRude:
			sure = append(sure, s)
		default:
			doubtful = append(doubtful, s)
		}
	}
	switch {
	case len(sure) > 0:
		return notMet("not_aggressive.model", merged(sure)...)
	case len(doubtful) > 0:
		return cannotTell("not_aggressive.perhaps", merged(doubtful)...)
	}
	return met("not_aggressive.courteous")
}

// shouted reports whether nearly all letters of a sentence are capitals.
func shouted(words string) bool {
	caps, all := 0, 0
	for _, r := range words {
		switch {
		case unicode.IsUpper(r):
			caps, all = caps+1, all+1
		case unicode.IsLetter(r):
			all++
		}
	}
	return caps >= leastShout && float64(caps) >= shareOfCaps*float64(all)
}

func (t *text) nextStep(in *Input) Finding {
	if words := t.find(commits); len(words) > 0 {
		return met("next_step.found", words[len(words)-1])
	}
	own := Own(t.raw)
	for _, s := range t.sentences() {
		words := fold(own[s.From:s.To]).s
		if strings.HasSuffix(strings.TrimRight(words, " "), "?") || moment.MatchString(words) {
			return met("next_step.found", s)
		}
	}
	if words := t.find(ending); len(words) > 0 {
		return cannotTell("next_step.ends", words...)
	}
	switch { // what can be left out of an answer among people cannot be left out towards somebody who complains
	case t.curt():
		return notMet("next_step.courtesy")
	case len(merged(t.find(link), t.find(advice))) > 0 && len(t.meant(rude, 14)) == 0:
		return cannotTell("next_step.advice_only")
	case in.Before.Negative:
		return notMet("next_step.none")
	}
	return cannotTell("next_step.none")
}

func (t *text) pair(in *Input) Finding {
	b := &in.Before
	switch {
	case !b.Public || !b.Negative:
		return met("public_and_private.no_complaint")
	case in.Private && b.Answered, !in.Private && b.Followed:
		return met("public_and_private.both")
	case in.Private:
		return notMet("public_and_private.public_missing")
	}
	if words := t.find(private); len(words) > 0 {
		return cannotTell("public_and_private.announced", words...)
	}
	return notMet("public_and_private.private_missing")
}
