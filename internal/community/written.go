package community

import (
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

// What a post may have at most, in characters. What comes from elsewhere is bounded by its channel.
const (
	maxTitle = 150
	minTitle = 8
	MaxBody  = 40_000
	maxTags  = 5
	maxTag   = 35
	maxQuote = 2_000
)

// rendered is the HTML that Markdown is shown as; the first post of a thread stands right under the page's title.
func rendered(body string, first bool, mention func(string) (string, bool)) string {
	o := markup.Options{Mention: mention}
	if first {
		o.Top = 2
	}
	doc, _ := o.Render(body) // what was stated once can always be shown: beyond the limits it is plain text
	return doc.HTML
}

// invisible are characters that change how others are read, or are not seen at all: right-to-left overrides, isolates, zero width.
func invisible(r rune) bool {
	switch {
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200b, r == 0x200e, r == 0x200f, r == 0x2060, r == 0xfeff, r == 0xad:
		return true
	case r < 0x20 && r != '\n' && r != '\t', r >= 0x7f && r < 0xa0:
		return true
	case r >= 0xe0000 && r <= 0xe007f, r >= 0xfff9 && r <= 0xfffb:
		return true
	}
	return false
}

// lineOf is a title, a name or a tag: one line of TextOf.
func lineOf(text string) string {
	return strings.Join(strings.Fields(TextOf(text)), " ")
}

// TextOf is words that people give with what they do: thanks, reasons, requests. It has lines, no characters that are not seen or change how others
// are read, and no more marks above one letter than people write.
func TextOf(text string) string {
	var b strings.Builder
	marks := 0
	for _, r := range strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "") {
		if r >= 0x300 && r <= 0x36f {
			if marks++; marks > 3 {
				continue
			}
		} else {
			marks = 0
		}
		switch r {
		case '\r', 0x2028, 0x2029:
			r = '\n'
		}
		if !invisible(r) {
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

func checkTitle(title string) (string, error) {
	title = lineOf(title)
	switch n := utf8.RuneCountInString(title); {
	case n == 0:
		return "", problem.New(problem.Invalid, "problem.required").On("title")
	case n < minTitle:
		return "", problem.New(problem.Invalid, "community.thread.short_title", "Min", minTitle).On("title")
	case n > maxTitle:
		return "", problem.New(problem.Invalid, "problem.too_long", "Max", maxTitle).On("title")
	}
	return title, nil
}

func checkBody(body string) (string, error) {
	if len(body) > 4*MaxBody {
		return "", problem.New(problem.Invalid, "problem.too_long", "Max", MaxBody).On("body")
	}
	body = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(body, ""), "\r\n", "\n"), "\x00", "")) // what is shown leaves out the rest
	switch {
	case strings.TrimSpace(strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, body)) == "":
		return "", problem.New(problem.Invalid, "problem.required").On("body")
	case utf8.RuneCountInString(body) > MaxBody:
		return "", problem.New(problem.Invalid, "problem.too_long", "Max", MaxBody).On("body")
	}
	return body, nil
}

// checkTags takes words separated by commas or spaces.
func checkTags(text string) ([]string, error) {
	var out []string
	for _, t := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '#' || r == '\u00a0' }) {
		if t = strings.ToLower(lineOf(t)); t == "" {
			continue
		}
		if utf8.RuneCountInString(t) > maxTag {
			return nil, problem.New(problem.Invalid, "problem.too_long", "Max", maxTag).On("tags")
		}
		double := false
		for _, have := range out {
			double = double || have == t
		}
		if !double {
			out = append(out, t)
		}
	}
	if len(out) > maxTags {
		return nil, problem.New(problem.Invalid, "community.thread.many_tags", "Max", maxTags).On("tags")
	}
	return out, nil
}

// oneTag is the tag that lists are narrowed by, as it is kept; "" for what is none, or several.
func oneTag(text string) (string, error) {
	tags, err := checkTags(text)
	if err != nil || len(tags) != 1 {
		return "", err
	}
	return tags[0], nil
}

// tagged holds of threads t with a tag: it stands between its quotes, in the list as it is kept, so others that hold it do not match.
func tagged(w *db.Where, tag string) string {
	return "REPLACE(t.tags, " + w.Arg(db.J(tag)) + ", '') <> t.tags"
}

// Preview is the HTML that Markdown will be shown as, safe in any page.
func Preview(body string) string {
	if len(body) > 4*MaxBody {
		body = strings.ToValidUTF8(body[:4*MaxBody], "")
	}
	return rendered(body, false, nil)
}

// Quote is Markdown as a quote below who said it. What the quoted post quotes itself is left out, and long ones are cut.
func Quote(who, body string) string {
	var b strings.Builder
	if who = lineOf(who); who != "" {
		b.WriteString("> **" + strings.NewReplacer("*", "", "_", "", "`", "", "[", "", "]", "", "<", "", ">", "", "\\", "", "@", "").Replace(who) + "**\n>\n")
	}
	n := 0
	for line := range strings.SplitSeq(strings.TrimSpace(body), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), ">") {
			continue
		}
		if n += utf8.RuneCountInString(line) + 1; n > maxQuote {
			b.WriteString("> …\n")
			break
		}
		b.WriteString(strings.TrimRight("> "+line, " ") + "\n")
	}
	return b.String() + "\n"
}

// Excerpt is the beginning of what Markdown says, on one line, without what it quotes.
func Excerpt(body string) string {
	doc, err := markup.Render(body)
	if err != nil {
		return excerpt(body)
	}
	return excerpt(unquoted(doc.Text))
}
