package mail

import (
	"bytes"
	"mime"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

type part struct {
	header header
	body   []byte
}

// walker goes through the parts of a message and keeps the text, the descriptions of files, and what reports say.
type walker struct {
	parts  int
	texts  []string
	files  []ledger.Attachment
	notes  []string
	report bool     // a multipart/report with a delivery status
	status [][]byte // message/delivery-status
	about  []header // headers of enclosed messages

	take func(p part, name string) // gets each file; nil where they are described only
}

func (w *walker) note(key string) {
	if !slices.Contains(w.notes, key) {
		w.notes = append(w.notes, key)
	}
}

func (w *walker) text() string {
	return strings.Trim(strings.Join(w.texts, "\n\n"), "\n")
}

func (w *walker) walk(p part, depth int, otherwise string) error {
	if depth > MaxDepth {
		return problem.New(problem.Invalid, "mail.too_deep", "Limit", MaxDepth)
	}
	if w.parts++; w.parts > MaxParts {
		return problem.New(problem.Invalid, "mail.too_many_parts", "Limit", MaxParts)
	}
	kind, params := mediaType(p.header.first("Content-Type"), otherwise)
	if strings.HasPrefix(kind, "multipart/") {
		children := splitParts(p.body, params["boundary"])
		if len(children) > 0 {
			return w.multipart(kind, params, children, depth)
		}
		kind = "text/plain"
		w.note("mail.no_boundary")
	}
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		w.report = true
		w.status = append(w.status, decodeTransfer(p, 1<<20))
		return nil
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
		return w.enclosed(p, kind)
	}
	disposition, dparams := mediaType(p.header.first("Content-Disposition"), "")
	name := fileName(dparams, params)
	coding := transferCoding(p.header)
	readable := (kind == "text/plain" || kind == "text/html" || kind == "text/enriched" || kind == "text/richtext" || kind == "text/markdown") &&
		disposition != "attachment" && coding != "x-uuencode" && coding != "uuencode" && (name == "" || depth == 0)
	if !readable {
		switch kind {
		case "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature":
			return nil
		}
		w.file(p, kind, name)
		return nil
	}
	if coding == "base64" && !looksBase64(p.body) {
		p.header = nil // it only says so
	}
	raw := decodeTransfer(p, 4*maxText)
	if kind == "text/plain" && depth == 0 && bytes.Count(raw[:min(len(raw), 512)], []byte{0})*4 > min(len(raw), 512) && !strings.HasPrefix(strings.ToLower(params["charset"]), "utf-16") {
		w.file(p, "application/octet-stream", name)
		return nil
	}
	var text string
	switch kind {
	case "text/html":
		text = htmlText(decodeCharset(raw, htmlCharset(raw, params["charset"])))
	case "text/enriched", "text/richtext":
		text = enriched.ReplaceAllString(decodeCharset(raw, params["charset"]), "")
	default:
		text = decodeCharset(raw, params["charset"])
		if strings.EqualFold(params["format"], "flowed") {
			text = unflow(text, strings.EqualFold(params["delsp"], "yes"))
		}
		text = w.uuencoded(text)
	}
	if text = tidy(text); text != "" {
		w.texts = append(w.texts, text)
	}
	return nil
}

var enriched = regexp.MustCompile(`<[^<>\n]{1,80}>`)

func (w *walker) multipart(kind string, params map[string]string, children []part, depth int) error {
	otherwise := "text/plain"
	switch kind {
	case "multipart/digest":
		otherwise = "message/rfc822"
	case "multipart/report":
		if t := strings.ToLower(params["report-type"]); t == "delivery-status" {
			w.report = true
		}
	case "multipart/alternative":
		return w.alternative(children, depth)
	case "multipart/signed":
		// The signature says nothing to people.
		if len(children) > 1 {
			children = children[:1]
		}
	}
	for _, c := range children {
		if err := w.walk(c, depth+1, otherwise); err != nil {
			return err
		}
	}
	return nil
}

// alternative keeps the text of the plainest child that has any, and the files of all.
func (w *walker) alternative(children []part, depth int) error {
	before := len(w.texts)
	best, plainest := []string(nil), 0
	for _, c := range children {
		if err := w.walk(c, depth+1, "text/plain"); err != nil {
			return err
		}
		said := slices.Clone(w.texts[before:])
		w.texts = w.texts[:before]
		if len(said) == 0 {
			continue
		}
		rank := 1
		if kind, _ := mediaType(c.header.first("Content-Type"), "text/plain"); kind == "text/plain" {
			rank = 3
		} else if kind != "text/html" {
			rank = 2 // multipart/related or mixed, with text of its own
		}
		if rank > plainest {
			best, plainest = said, rank
		}
	}
	w.texts = append(w.texts, best...)
	return nil
}

// enclosed describes a message inside a message; its own parts are not opened.
func (w *walker) enclosed(p part, kind string) error {
	raw := decodeTransfer(p, MaxHeader)
	h, _, err := readHeader(raw)
	if err == nil {
		w.about = append(w.about, h)
	}
	if strings.HasSuffix(kind, "headers") {
		return nil
	}
	_, params := mediaType(p.header.first("Content-Type"), kind)
	_, dparams := mediaType(p.header.first("Content-Disposition"), "")
	name := fileName(dparams, params)
	if name == "" {
		name = baseName(cut(strings.TrimSpace(h.text("Subject")), 100))
		if name == "" {
			name = "message"
		}
		name += ".eml"
	}
	w.file(p, kind, name)
	return nil
}

func (w *walker) file(p part, kind, name string) {
	if len(bytes.TrimSpace(p.body)) == 0 && name == "" {
		return
	}
	if len(w.files) >= maxFiles {
		w.note("mail.files_cut")
		return
	}
	w.files = append(w.files, ledger.Attachment{Name: name, Type: kind, Size: transferSize(p)})
	if w.take != nil {
		w.take(p, name)
	}
}

// uuencoded takes files that were written into the text out of it.
func (w *walker) uuencoded(text string) string {
	if !strings.Contains(text, "begin ") || !strings.Contains(text, "\nend") {
		return text
	}
	for {
		at := uuBegin.FindStringSubmatchIndex(text)
		if at == nil {
			return text
		}
		end := strings.Index(text[at[1]:], "\nend")
		if end < 0 {
			return text
		}
		if len(w.files) < maxFiles {
			w.files = append(w.files, ledger.Attachment{Name: baseName(text[at[2]:at[3]]), Type: "application/octet-stream", Size: uuSize(text[at[1]-1 : at[1]+end])})
		}
		rest := text[at[1]+end+len("\nend"):]
		text = text[:at[0]] + rest
	}
}

var uuBegin = regexp.MustCompile(`(?m)^begin [0-7]{3,4} ([^\n]{1,200})\n`)

// uuSize adds up the lengths that the lines begin with.
func uuSize(s string) int64 {
	n := int64(0)
	for line := range strings.Lines(s) {
		if c := line[0]; c > ' ' && c < '`' {
			n += int64(c - ' ')
		}
	}
	return n
}

// mediaType reads "type/sub; a=b" in all the ways it is written wrongly. The type is in lower case, names of parameters too.
func mediaType(s, otherwise string) (string, map[string]string) {
	if strings.TrimSpace(s) == "" {
		return otherwise, map[string]string{}
	}
	if kind, params, err := mime.ParseMediaType(s); err == nil && (strings.Contains(kind, "/") || otherwise == "") {
		return kind, params
	}
	pieces := splitParams(s)
	kind := strings.ToLower(strings.TrimSpace(pieces[0]))
	if i := strings.IndexFunc(kind, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"[]?=`, r) }); i >= 0 {
		kind = kind[:i]
	}
	params := map[string]string{}
	continued := map[string]string{}
	for _, p := range pieces[1:] {
		name, value, ok := strings.Cut(p, "=")
		if !ok {
			continue
		}
		name = strings.ToLower(strings.TrimSpace(name))
		value = strings.TrimSpace(value)
		if strings.HasPrefix(value, `"`) {
			value = strings.ReplaceAll(strings.TrimSuffix(value[1:], `"`), `\"`, `"`)
		}
		if base, _, star := strings.Cut(name, "*"); star {
			continued[base] += value
			continue
		}
		if _, twice := params[name]; !twice && name != "" {
			params[name] = value
		}
	}
	for name, value := range continued {
		if _, known := params[name]; !known {
			params[name] = extended(value)
		}
	}
	if otherwise != "" {
		switch {
		case kind == "text":
			kind = "text/plain"
		case strings.Count(kind, "/") != 1 || strings.HasPrefix(kind, "/") || strings.HasSuffix(kind, "/"):
			kind = otherwise
		}
	}
	return kind, params
}

func splitParams(s string) []string {
	var out []string
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ';' && !quoted:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[min(start, len(s)):])
}

// extended reads RFC 2231's charset'language'percent-encoded form.
func extended(s string) string {
	charset, rest, ok := strings.Cut(s, "'")
	if !ok {
		return s
	}
	_, data, ok := strings.Cut(rest, "'")
	if !ok {
		return s
	}
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); i++ {
		if data[i] == '%' && i+2 < len(data) && hexByte(data[i+1], data[i+2]) >= 0 {
			out = append(out, byte(hexByte(data[i+1], data[i+2])))
			i += 2
			continue
		}
		out = append(out, data[i])
	}
	return decodeCharset(out, charset)
}

// fileName is what a part calls itself, without any folders.
func fileName(disposition, kind map[string]string) string {
	name := disposition["filename"]
	if name == "" {
		name = kind["name"]
	}
	if name == "" {
		return ""
	}
	name = decodeWords(name)
	if strings.Count(name, "'") >= 2 && strings.Contains(name, "%") {
		name = extended(name)
	}
	return baseName(name)
}

func baseName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ReplaceAll(name, `\`, "/"))
	name = path.Base(strings.TrimSpace(name))
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	return cut(name, 200)
}

func transferCoding(h header) string {
	s := strings.ToLower(h.first("Content-Transfer-Encoding"))
	s = strings.Trim(stripComments(s), " \t;\"'")
	s, _, _ = strings.Cut(s, ";")
	return strings.ReplaceAll(strings.TrimSpace(s), " ", "")
}

// decodeTransfer undoes base64 and quoted-printable, up to about max bytes.
func decodeTransfer(p part, max int) []byte {
	switch transferCoding(p.header) {
	case "base64", "b64", "base-64":
		return decodeBase64(p.body, max)
	case "quoted-printable", "qp", "quotedprintable":
		return decodeQuotedPrintable(p.body[:min(len(p.body), 3*max)])
	}
	return p.body[:min(len(p.body), max)]
}

// looksBase64 allows for one stray byte in fourteen.
func looksBase64(b []byte) bool {
	b = b[:min(len(b), 4096)]
	stray := 0
	for _, c := range b {
		if c > '~' || c < ' ' && c != '\r' && c != '\n' && c != '\t' || strings.IndexByte(" .,:;!?()<>@'\"", c) >= 0 {
			stray++
		}
	}
	return stray*14 <= len(b)
}

// transferSize is the number of bytes that a part stands for, without making them.
func transferSize(p part) int64 {
	switch transferCoding(p.header) {
	case "base64", "b64", "base-64":
		n := int64(0)
		for _, c := range p.body {
			if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' {
				n++
			}
		}
		return n * 3 / 4
	case "quoted-printable", "qp", "quotedprintable":
		return int64(len(decodeQuotedPrintable(p.body)))
	}
	return int64(len(p.body))
}

func decodeQuotedPrintable(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		line := b
		ended := false
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			line, b, ended = b[:i], b[i+1:], true
		} else {
			b = nil
		}
		line = bytes.TrimRight(line, " \t\r")
		soft := len(line) > 0 && line[len(line)-1] == '='
		if soft {
			line = line[:len(line)-1]
		}
		for i := 0; i < len(line); i++ {
			if line[i] == '=' && i+2 < len(line) && hexByte(line[i+1], line[i+2]) >= 0 {
				out = append(out, byte(hexByte(line[i+1], line[i+2])))
				i += 2
				continue
			}
			out = append(out, line[i])
		}
		if ended && !soft {
			out = append(out, '\n')
		}
	}
	return out
}

// splitParts cuts a multipart body at its boundary. Without a boundary, the first line that looks like one is taken; without a closing
// one, the last part goes to the end.
func splitParts(body []byte, boundary string) []part {
	boundary = strings.TrimRight(boundary, " \t")
	if boundary == "" {
		boundary = guessBoundary(body)
		if boundary == "" {
			return nil
		}
	}
	mark := []byte("--" + boundary)
	var out []part
	start := -1 // of the current part
	add := func(end int) {
		if start < 0 {
			return
		}
		raw := body[start:max(start, end)]
		raw = bytes.TrimSuffix(raw, []byte("\n"))
		raw = bytes.TrimSuffix(raw, []byte("\r"))
		h, rest, err := readHeader(raw)
		if err != nil || len(h) == 0 {
			h, rest = nil, raw
			if len(raw) > 0 && raw[0] == '\n' {
				rest = raw[1:]
			} else if bytes.HasPrefix(raw, []byte("\r\n")) {
				rest = raw[2:]
			}
		}
		out = append(out, part{h, rest})
	}
	for at := 0; at < len(body) && len(out) <= MaxParts; {
		i := bytes.Index(body[at:], mark)
		if i < 0 {
			break
		}
		i += at
		end := bytes.IndexByte(body[i:], '\n')
		next := len(body)
		line := body[i:]
		if end >= 0 {
			line, next = body[i:i+end], i+end+1
		}
		tail := bytes.TrimRight(line[len(mark):], " \t\r")
		closing := bytes.Equal(tail, []byte("--"))
		if (i > 0 && body[i-1] != '\n') || (len(tail) > 0 && !closing) {
			at = i + len(mark)
			continue
		}
		add(i)
		start, at = next, next
		if closing {
			start = -1
			// A second copy of the boundary after the closing one is a mistake of the sender; nothing after it counts.
			return out
		}
	}
	if start >= 0 && start < len(body) {
		add(len(body))
	}
	return out
}

func guessBoundary(body []byte) string {
	for n := 0; len(body) > 0 && n < 50; n++ {
		line, rest := cutLine(body)
		body = rest
		line = bytes.TrimRight(line, " \t")
		if len(line) > 2 && bytes.HasPrefix(line, []byte("--")) && !bytes.ContainsAny(line, " \t") && bytes.Contains(rest, line) {
			return string(line[2:])
		}
	}
	return ""
}

// unflow joins the lines that format=flowed broke (RFC 3676).
func unflow(s string, delsp bool) string {
	var out strings.Builder
	open, depth := false, 0
	for _, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		d := 0
		for d < len(line) && line[d] == '>' {
			d++
		}
		content := strings.TrimPrefix(line[d:], " ")
		flows := strings.HasSuffix(content, " ") && content != "-- "
		if flows && delsp {
			content = content[:len(content)-1]
		}
		if open && d == depth && content != "-- " && content != "--" {
			out.WriteString(content)
		} else {
			if out.Len() > 0 || open {
				out.WriteByte('\n')
			}
			if d > 0 {
				out.WriteString(strings.Repeat(">", d))
				out.WriteByte(' ')
			}
			out.WriteString(content)
		}
		open, depth = flows, d
	}
	return out.String()
}

// tidy makes line feeds of all line ends, takes blanks off line ends (except that of a signature mark) and leaves at most two blank lines
// in a row.
func tidy(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var out strings.Builder
	out.Grow(len(s))
	blank := 0
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		trimmed := strings.TrimRight(line, " \t\r\u00a0")
		if trimmed == "" {
			blank++
			continue
		}
		if out.Len() > 0 {
			for range min(blank, 2) + 1 {
				out.WriteByte('\n')
			}
		}
		blank = 0
		if trimmed == "--" && len(line) == 3 {
			trimmed = "-- "
		}
		out.WriteString(trimmed)
	}
	return out.String()
}
