// Package quote decides which lines of a mail its author wrote: plain text comes in; the author's own words, and the quotations,
// headers and signatures around them, go out. It knows the habits of mailers in French and English.
package quote

import (
	"regexp"
	"strings"
)

// Split is a text taken apart; each line that is not blank is in Said or in Quoted.
type Split struct {
	Said      string
	Quoted    string
	Forwarded bool // what is quoted was passed on rather than answered
}

const (
	attributionLines = 5  // how many lines mailers break "On ... wrote:" over
	signatureLines   = 25 // a longer "signature" is text after a line of dashes
	longLine         = 1000
)

var (
	// -----Original Message-----, -------- Message d'origine --------, ----- Mail original -----, ------ Message transféré ------
	separator = regexp.MustCompile(`(?i)^\W{0,3}[-_*=]{2,}\s*(?:original message|original appointment|reply message|message original|message d['’ ]?origine|mail original|courriel original|message initial|` +
		`rendez-vous d['’]origine|réponse originale)(?:\s+from\b[^-]{0,80})?\s*[-_*=]{2,}\s*$`)
	forwarded = regexp.MustCompile(`(?i)^(?:[-_*=]{2,}\s*(?:forwarded (?:message|mail)(?: from [^-]{0,80})?|message transf[ée]r[ée]|message réexpédié|mail transféré|courriel transféré|message suivi|début du message transféré)\s*:?\s*[-_*=]{2,}|` +
		`begin forwarded message\s?:|début du message (?:transféré|réexpédié)\s?:)\s*$`)
	// On ..., NAME wrote: and its French and older forms, on one line.
	wrote = regexp.MustCompile(`(?i)(?:^|\s)(?:wrote|writes|a écrit|a ecrit|écrivait|schrieb)(?:\s+(?:le|on|on the)\s.{4,80}?|\s+\(.{1,80}\)|\s+ce qui suit|\s+the following)?\s*:?\s*(?:\.\.\.)?$`)
	// Léa Martin a écrit le 03/02/2026 à 10:12 :
	wroteOn = regexp.MustCompile(`(?i)\s(?:a écrit le|wrote on|wrote at)\s.{4,60}:$`)
	opens   = regexp.MustCompile(`(?i)^(?:le|on|am|el|du|at|in a message dated|quoting|citation de|en réponse à)\s`)
	quoting = regexp.MustCompile(`(?i)^(?:quoting|citation de)\s.{2,120}:$`)
	// 2026-02-03 10:12 GMT+01:00 Léa Martin <lea@example.org>:
	dated   = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[ T,]+\d{1,2}:\d{2}.{0,60}<[^<>\s]+@[^<>\s]+>\s*:$`)
	digit   = regexp.MustCompile(`\d`)
	telling = regexp.MustCompile(`\d{1,2}\s?[:h]\s?\d{2}|\b(?:19|20)\d{2}\b|\S+@\S+\.\S+|\d{1,2}[/.]\d{1,2}[/.]\d{2}`)

	field = regexp.MustCompile(`(?i)^[*_>\s]{0,4}(from|de|sent|envoyé|envoye|envoyé le|date|to|à|a|pour|cc|copie(?: à)?|subject|objet|sujet|reply-to|répondre à|importance|attachments?|pièces? jointes?)\s?[*_]{0,2}\s?:[*_]{0,2}(?:\s|$)`)
	rule  = regexp.MustCompile(`^\s*(?:_{5,}|-{5,}|={5,}|\*{5,})\s*$`)

	device = regexp.MustCompile(`(?i)^(?:sent from (?:my|outlook|mail|yahoo|samsung|proton|a)\b|sent (?:with|via) (?:proton|tutanota|mailbird|the samsung|samsung|blackmail)|sent using\b|sent on the (?:go|move)\b|get outlook for\b|get bluemail\b|` +
		`envoyé (?:de|depuis|à partir de|avec|via|par) (?:mon|ma|l['’]application|l['’]app|outlook|yahoo|proton|la messagerie|mail|tutanota|un)\b|télécharge[zr] outlook\b|obtenir outlook\b|obtenez outlook\b|provenance\s?:\s?courrier\b)`)
)

// French typography puts no-break spaces before colons; patterns know only the plain one.
var plainBlanks = strings.NewReplacer("\u00a0", " ", "\u202f", " ")

type mark uint8

const (
	said mark = iota
	quoted
)

// Take takes a plain text apart; its lines end in line feeds.
func Take(text string) Split {
	r := reader{lines: strings.Split(text, "\n")}
	r.known = make([]verdict, len(r.lines))
	lines := r.lines
	marks, isForward := r.split()
	var own, other []string
	for i, l := range lines {
		// Blank lines go with what is before them, so that paragraphs stay apart.
		if strings.TrimSpace(l) == "" {
			if i > 0 {
				marks[i] = marks[i-1]
			}
			l = ""
		}
		if marks[i] == said {
			own = append(own, l)
		} else {
			other = append(other, l)
		}
	}
	return Split{Said: tidy(own), Quoted: tidy(other), Forwarded: isForward}
}

// tidy joins lines without blank ones at the ends and without two blank ones in a row.
func tidy(lines []string) string {
	var out strings.Builder
	blank := false
	for _, l := range lines {
		if l == "" {
			blank = true
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
			if blank {
				out.WriteByte('\n')
			}
		}
		blank = false
		out.WriteString(l)
	}
	return out.String()
}

// reader remembers what was found out about each line, so that a text is read once, however it is made.
type reader struct {
	lines []string
	known []verdict
}

type verdict struct {
	attribution int8 // 1 + how many lines
	header      int8 // 1 no, 2 yes
	separator   int8 // 1 no, 2 yes, 3 yes, forwarded
}

func (r *reader) attribution(i int) int {
	if r.known[i].attribution == 0 {
		r.known[i].attribution = int8(1 + attribution(r.lines, i))
	}
	return int(r.known[i].attribution) - 1
}

func (r *reader) headerBlock(i int) bool {
	if r.known[i].header == 0 {
		r.known[i].header = 1
		if headerBlock(r.lines, i) {
			r.known[i].header = 2
		}
	}
	return r.known[i].header == 2
}

func (r *reader) separator(i int) (is, forward bool) {
	if r.known[i].separator == 0 {
		v := int8(1)
		if l := strings.TrimSpace(r.lines[i]); len(l) > 10 && len(l) < 200 {
			switch {
			case separator.MatchString(l):
				v = 2
			case forwarded.MatchString(l):
				v = 3
			}
		}
		r.known[i].separator = v
	}
	return r.known[i].separator > 1, r.known[i].separator == 3
}

// around tells that what others wrote starts at this line.
func (r *reader) around(i int) bool {
	if strings.HasPrefix(strings.TrimSpace(r.lines[i]), ">") {
		return true
	}
	is, _ := r.separator(i)
	return is || r.headerBlock(i) || r.attribution(i) > 0
}

func (r *reader) split() ([]mark, bool) {
	lines := r.lines
	marks := make([]mark, len(lines))
	isForward := false
	cutAt := func(i int) {
		for ; i < len(marks); i++ {
			marks[i] = quoted
		}
	}
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if line == "" || len(line) > longLine {
			continue
		}
		if strings.HasPrefix(line, ">") {
			marks[i] = quoted
			continue
		}
		if is, forward := r.separator(i); is {
			isForward = forward
			cutAt(i)
			break
		}
		if r.headerBlock(i) {
			from := i
			for from > 0 && (strings.TrimSpace(lines[from-1]) == "" || rule.MatchString(lines[from-1])) {
				from--
				if strings.TrimSpace(lines[from]) != "" {
					break
				}
			}
			if from < i && strings.TrimSpace(lines[from]) == "" {
				from = i
			}
			cutAt(from)
			break
		}
		if n := r.attribution(i); n > 0 {
			next := nextLine(lines, i+n)
			if next < 0 || strings.HasPrefix(strings.TrimSpace(lines[next]), ">") {
				for j := range n {
					marks[i+j] = quoted
				}
				i += n - 1
				continue
			}
			if telling.MatchString(join(lines, i, n)) {
				cutAt(i)
				break
			}
		}
		if len(line) > 8 && len(line) < 160 && device.MatchString(line) {
			marks[i] = quoted
			continue
		}
		if r.isSignature(i) {
			for j := i; j < len(lines); j++ {
				if j > i && r.around(j) {
					i = j - 1
					break
				}
				marks[j] = quoted
				i = j
			}
		}
	}
	return marks, isForward
}

// isSignature tells the mark before a signature, "-- ", from a line of dashes in the text: what follows it is short.
func (r *reader) isSignature(i int) bool {
	l := r.lines[i]
	if l != "-- " && l != "--" && l != "—" && l != "-- \u00a0" {
		return false
	}
	n := 0
	for j := i + 1; j < len(r.lines); j++ {
		if r.around(j) {
			break
		}
		if strings.TrimSpace(r.lines[j]) != "" {
			n++
		}
		if n > signatureLines || j-i > 4*signatureLines {
			return false
		}
	}
	return true
}

// headerBlock tells that a copy of a message's header starts here: a first field that says who, and two more fields close to it.
func headerBlock(lines []string, i int) bool {
	m := named(lines[i])
	if m == nil {
		return false
	}
	switch strings.ToLower(m[1]) {
	case "from", "de":
	case "date", "sent", "envoyé", "subject", "objet":
	default:
		return false
	}
	kinds := map[string]bool{kind(m[1]): true}
	blank := 0
	for j := i + 1; j < len(lines) && j <= i+10; j++ {
		l := strings.TrimSpace(lines[j])
		if l == "" {
			if blank++; blank > 2 {
				break
			}
			continue
		}
		if f := named(l); f != nil {
			kinds[kind(f[1])] = true
			continue
		}
		if len(kinds) < 2 && j > i+2 {
			break
		}
	}
	return kinds["from"] && (kinds["date"] && (kinds["to"] || kinds["subject"]) || kinds["to"] && kinds["subject"])
}

// named finds the name of the header field that a line shows.
func named(l string) []string {
	l = strings.TrimSpace(l)
	if i := strings.IndexByte(l, ':'); i < 0 || i > 30 {
		return nil
	}
	return field.FindStringSubmatch(head(l))
}

func kind(s string) string {
	switch s = strings.ToLower(s); s {
	case "from", "de":
		return "from"
	case "sent", "envoyé", "envoye", "envoyé le", "date":
		return "date"
	case "to", "à", "a", "pour":
		return "to"
	case "subject", "objet", "sujet":
		return "subject"
	}
	return s
}

// attribution tells how many lines from i on say who wrote what follows; 0 when they do not.
func attribution(lines []string, i int) int {
	first := strings.TrimSpace(lines[i])
	if first == "" || strings.HasPrefix(first, ">") {
		return 0
	}
	if len(first) < 300 && strings.HasSuffix(first, ":") && (dated.MatchString(first) || quoting.MatchString(first)) {
		return 1
	}
	starts := opens.MatchString(first)
	for n := 1; n <= attributionLines && i+n <= len(lines); n++ {
		last := strings.TrimSpace(lines[i+n-1])
		if last == "" || n > 1 && strings.HasPrefix(last, ">") || len(last) > longLine {
			return 0
		}
		if !verb(last) && (n == 1 || !verb(strings.TrimSpace(lines[i+n-2]))) {
			if !starts {
				return 0
			}
			continue
		}
		all := join(lines, i, n)
		if len(all) > 400 {
			return 0
		}
		colon := strings.HasSuffix(all, ":") || strings.HasSuffix(all, "...")
		if !wrote.MatchString(all) && !wroteOn.MatchString(all) {
			continue
		}
		switch {
		case starts && digit.MatchString(all) && (colon || followedByQuote(lines, i+n)):
			return n
		case n == 1 && colon && len(all) < 160 && (followedByQuote(lines, i+1) || wroteOn.MatchString(all) && telling.MatchString(all) || strings.Contains(all, "@")):
			return n
		case n == 2 && colon && strings.Contains(all, "@") && len(all) < 200 && followedByQuote(lines, i+2):
			return n
		}
		if !starts {
			return 0
		}
	}
	return 0
}

// verb tells quickly whether a line may hold one of the words of an attribution.
func verb(l string) bool {
	if len(l) > 400 {
		return false
	}
	l = strings.ToLower(l)
	return strings.Contains(l, "wrote") || strings.Contains(l, "crit") || strings.Contains(l, "writes") || strings.Contains(l, "crivait") || strings.Contains(l, "schrieb")
}

func followedByQuote(lines []string, i int) bool {
	next := nextLine(lines, i)
	return next >= 0 && strings.HasPrefix(strings.TrimSpace(lines[next]), ">")
}

func nextLine(lines []string, i int) int {
	for ; i < len(lines); i++ {
		if strings.TrimSpace(lines[i]) != "" {
			return i
		}
	}
	return -1
}

func join(lines []string, i, n int) string {
	var out strings.Builder
	for j := i; j < i+n && j < len(lines); j++ {
		if out.Len() > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(strings.TrimSpace(lines[j]))
	}
	return plainBlanks.Replace(out.String())
}

// head is the start of a line, where fields are, with all blanks alike.
func head(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 120 {
		s = strings.ToValidUTF8(s[:120], "")
	}
	return plainBlanks.Replace(s)
}
