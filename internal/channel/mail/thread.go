package mail

import "strings"

const maxID = 512 // bytes; longer ids are made up to hurt

// messageID is the Message-ID without its brackets, "" when there is none that can be used.
func messageID(h header) string {
	for _, v := range h.all("Message-ID") {
		if ids := messageIDs(v); len(ids) > 0 {
			return ids[0]
		}
	}
	return ""
}

// thread lists what the message answers, nearest first: In-Reply-To, then References from the end. The message itself and repetitions
// are left out, so a cycle of replies is a list that ends.
func thread(h header, self string) []string {
	var out []string
	seen := map[string]bool{self: true}
	add := func(id string) {
		if !seen[id] && len(out) < maxThread {
			seen[id] = true
			out = append(out, id)
		}
	}
	for _, v := range h.all("In-Reply-To") {
		for _, id := range messageIDs(v) {
			// Old mailers write the author's address here too.
			if strings.Contains(v, "<") || !strings.Contains(v, " ") {
				add(id)
			}
		}
	}
	refs := h.all("References")
	for i := len(refs) - 1; i >= 0; i-- {
		ids := messageIDs(refs[i])
		for j := len(ids) - 1; j >= 0; j-- {
			add(ids[j])
		}
	}
	return out
}

// messageIDs reads ids out of a field: those in brackets, and when there are none, words with an @ or at least no blanks.
func messageIDs(s string) []string {
	var out []string
	s = decodeCharset([]byte(s), "")
	if strings.Contains(s, "<") {
		for {
			_, rest, ok := strings.Cut(s, "<")
			if !ok {
				return out
			}
			id, after, closed := strings.Cut(rest, ">")
			if !closed {
				id, after, _ = strings.Cut(rest, "<")
				after = "<" + after
				if id = cleanID(id); id != "" {
					out = append(out, id)
				}
				if after == "<" {
					return out
				}
				s = after
				continue
			}
			// "<<a@b>>" and an id that never closes before the next one opens.
			if i := strings.LastIndexByte(id, '<'); i >= 0 {
				if first := cleanID(id[:i]); first != "" && strings.Contains(first, "@") {
					out = append(out, first)
				}
				id = id[i+1:]
			}
			if id = cleanID(id); id != "" {
				out = append(out, id)
			}
			s = after
		}
	}
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == ';' }) {
		if id := cleanID(w); id != "" && strings.Contains(id, "@") {
			out = append(out, id)
		}
	}
	if len(out) == 0 {
		if id := cleanID(s); id != "" && !strings.ContainsAny(strings.TrimSpace(s), " \t") {
			out = append(out, id)
		}
	}
	return out
}

// cleanID removes the blanks that folding left inside an id.
func cleanID(id string) string {
	id = strings.Trim(strings.Join(strings.Fields(id), ""), `<>"',;`)
	if len(id) > maxID || id == "@" {
		return ""
	}
	return id
}
