package query

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/lang"
)

func isField(name string) bool {
	for _, f := range Fields() {
		if f == name {
			return true
		}
	}
	return false
}

// fieldNamed is the field that people mean by another word, "" when it is none.
func fieldNamed(name string) string {
	switch name {
	case "auteur", "from", "by", "user", "de":
		return "author"
	case "titre", "subject", "objet", "intitle":
		return "title"
	case "texte", "body", "intext":
		return "text"
	case "langue", "language", "lng":
		return "lang"
	case "canal", "source":
		return "channel"
	case "type", "genre", "category":
		return "kind"
	case "ton", "tone", "mood", "feeling":
		return "sentiment"
	case "depuis", "after", "start":
		return "since"
	case "before", "avant", "end":
		return "until"
	case "host", "domain", "domaine":
		return "site"
	case "link", "lien", "inurl":
		return "url"
	case "hashtag", "tags", "label", "etiquette":
		return "tag"
	case "abonnes", "follower", "reach":
		return "followers"
	case "dans", "community", "space", "espace", "place", "lieu":
		return "in"
	}
	return ""
}

func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return len(s) <= 20
}

// checkField normalises the value of a field and reports what is wrong with it; false drops the node.
func (p *parser) checkField(n *node, start, end int) bool {
	if n.value == "" || n.value == "*" {
		p.report(start, end, Error, "query.missing_value", "", "Field", n.field)
		return false
	}
	switch n.field {
	case "lang":
		n.value = strings.ToLower(n.value)
		if base := lang.Base(n.value); n.value != unknown && !isLanguage(base) {
			suggestion := ""
			if near := languageNamed(n.value); near != "" {
				suggestion = "lang:" + near
			}
			p.report(start, end, Error, "query.unknown_language", suggestion, "Code", n.value)
		}
	case "since", "until":
		when, ok := parseMoment(n.value)
		if !ok {
			p.report(start, end, Error, "query.bad_date", "", "Value", n.value)
			return false
		}
		n.when = when
	case "site":
		n.value = siteOf(n.value)
		if n.value == "" {
			p.report(start, end, Error, "query.missing_value", "", "Field", n.field)
			return false
		}
	case "kind", "sentiment", "emotion":
		n.value = lang.Fold(n.value)
		if known := labels(n.field); !slices.Contains(known, n.value) {
			suggestion := labelNamed(n.field, n.value)
			if suggestion == "" {
				suggestion = nearest(n.value, known)
			}
			if suggestion != "" {
				suggestion = n.field + ":" + suggestion
			}
			p.report(start, end, Error, "query.unknown_value", suggestion, "Field", n.field, "Value", n.value, "Known", strings.Join(known, ", "))
		}
	case "followers":
		var ok bool
		if n.low, n.high, ok = parseCount(n.value); !ok {
			p.report(start, end, Error, "query.bad_count", "", "Value", n.value)
			return false
		}
		n.value = writeCount(n.low, n.high)
	case "tag", "author", "channel", "in":
		if len(foldRuns(strings.TrimSuffix(n.value, "*"))) == 0 {
			p.report(start, end, Error, "query.missing_value", "", "Field", n.field)
			return false
		}
	}
	return true
}

// siteOf is the host name in s, which may be a URL, without "www." and in lower case.
func siteOf(s string) string {
	s = strings.ToLower(s)
	if i := strings.Index(s, "://"); i >= 0 {
		s = s[i+3:]
	}
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		s = s[:i]
	}
	return strings.Trim(strings.TrimPrefix(s, "www."), ". *")
}

// moment is a point in time, or a time before now.
type moment struct {
	at, end time.Time     // the first instant meant, and the first one after what is meant
	ago     time.Duration // when at is zero
}

func parseMoment(s string) (moment, bool) {
	if n := len(s); n > 1 && n < 7 {
		unit := map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[s[n-1]|0x20]
		if k, err := strconv.Atoi(s[:n-1]); err == nil && unit > 0 && k >= 0 {
			return moment{ago: time.Duration(k) * unit}, true
		}
	}
	if t, err := time.Parse("2006-01-02", s); err == nil {
		return moment{at: t, end: t.AddDate(0, 0, 1)}, t.Year() > 0
	}
	if t, err := time.Parse("2006-01", s); err == nil {
		return moment{at: t, end: t.AddDate(0, 1, 0)}, t.Year() > 0
	}
	if t, err := time.Parse("2006", s); err == nil {
		return moment{at: t, end: t.AddDate(1, 0, 0)}, t.Year() > 0
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return moment{at: t, end: t}, true
	}
	return moment{}, false
}

func (m moment) start(now time.Time) time.Time {
	if m.at.IsZero() {
		return now.Add(-m.ago)
	}
	return m.at
}

func (m moment) stop(now time.Time) time.Time {
	if m.at.IsZero() {
		return now.Add(-m.ago)
	}
	return m.end
}

// foldRuns is the terms of the words of s.
func foldRuns(s string) []string {
	var out []string
	if len(s) > 2000 {
		s = s[:2000]
	}
	lang.Words(s, func(t lang.Token) bool {
		if w := lang.Term(s[t.Start:t.End]); w != "" {
			out = append(out, w)
		}
		return true
	})
	return out
}

// iso is ISO 639-1, and "sh", which still appears.
const iso = " aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et eu" +
	" fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr" +
	" ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps" +
	" pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz" +
	" ve vi vo wa wo xh yi yo za zh zu "

func isLanguage(code string) bool { return len(code) == 2 && strings.Contains(iso, " "+code+" ") }

func languageNamed(name string) string {
	switch lang.Fold(name) {
	case "english", "anglais", "eng", "uk-en":
		return "en"
	case "french", "francais", "fra", "fre":
		return "fr"
	case "german", "allemand", "deutsch", "deu", "ger":
		return "de"
	case "spanish", "espagnol", "espanol", "spa", "esp":
		return "es"
	case "italian", "italien", "italiano", "ita":
		return "it"
	case "portuguese", "portugais", "portugues", "por":
		return "pt"
	case "dutch", "neerlandais", "nederlands", "nld":
		return "nl"
	}
	return ""
}

// nearest is the candidate at an edit distance of at most 2 (and below half its length) from s, or "".
func nearest(s string, candidates []string) string {
	best, bestD := "", 3
	for _, c := range candidates {
		if d := distance(s, c); d < bestD && 2*d <= len(c) {
			best, bestD = c, d
		}
	}
	return best
}

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
