package feed

import (
	"encoding/json"
	"strconv"
	"strings"
)

// loose is a JSON string as feeds write them: numbers and booleans are taken too, anything else counts as nothing.
type loose string

// UnmarshalJSON never fails, so that one odd member does not cost the item.
func (l *loose) UnmarshalJSON(raw []byte) error {
	switch {
	case len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || string(raw) == "null":
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err == nil {
			*l = loose(s)
		}
	default:
		*l = loose(raw)
	}
	return nil
}

type jsonPeople []person

// UnmarshalJSON takes one person or a list, as objects or names.
func (p *jsonPeople) UnmarshalJSON(raw []byte) error {
	var list []json.RawMessage
	if len(raw) > 0 && raw[0] == '[' {
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil
		}
	} else {
		list = []json.RawMessage{raw}
	}
	for _, one := range list {
		if len(*p) >= maxAuthors {
			break
		}
		var who struct{ Name, URL loose }
		if len(one) > 0 && one[0] == '"' {
			_ = json.Unmarshal(one, &who.Name)
		} else {
			_ = json.Unmarshal(one, &who)
		}
		found := parsePerson(string(who.Name))
		if found.uri = strings.TrimSpace(string(who.URL)); !found.empty() {
			*p = append(*p, found)
		}
	}
	return nil
}

type jsonList[T any] []T

// UnmarshalJSON drops the members that do not fit.
func (l *jsonList[T]) UnmarshalJSON(raw []byte) error {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil
	}
	for _, one := range list {
		var v T
		if json.Unmarshal(one, &v) == nil && len(*l) < maxCategories {
			*l = append(*l, v)
		}
	}
	return nil
}

type jsonItem struct {
	ID            loose           `json:"id"`
	URL           loose           `json:"url"`
	ExternalURL   loose           `json:"external_url"`
	Title         loose           `json:"title"`
	ContentHTML   loose           `json:"content_html"`
	ContentText   loose           `json:"content_text"`
	Summary       loose           `json:"summary"`
	DatePublished loose           `json:"date_published"`
	DateModified  loose           `json:"date_modified"`
	Author        jsonPeople      `json:"author"`
	Authors       jsonPeople      `json:"authors"`
	Tags          jsonList[loose] `json:"tags"`
	Language      loose           `json:"language"`
	Attachments   jsonList[struct {
		URL  loose `json:"url"`
		Type loose `json:"mime_type"`
		Size loose `json:"size_in_bytes"`
	}] `json:"attachments"`
}

// json reads a JSON Feed member by member, so that what stands before a break is kept. It is false when this is no JSON Feed.
func (d *document) json(body string) bool {
	d.format = "json"
	dec := json.NewDecoder(strings.NewReader(body))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	var author jsonPeople
	items := false
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			break
		}
		key, _ := t.(string)
		if key == "items" {
			t, err := dec.Token()
			if err != nil {
				break
			}
			if t != json.Delim('[') {
				return false
			}
			items = true
			if !d.jsonItems(dec) {
				break
			}
			continue
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			d.faults.add(key, "feed.truncated", "")
			break
		}
		var value loose
		_ = value.UnmarshalJSON(raw)
		text := strings.TrimSpace(string(value))
		switch key {
		case "version":
			d.version = text
		case "title":
			d.title = prose{text, literal}
		case "home_page_url":
			d.link = text
		case "feed_url":
			d.self = text
		case "language":
			d.lang = text
		case "author":
			_ = author.UnmarshalJSON(raw)
		case "authors":
			var authors jsonPeople
			_ = authors.UnmarshalJSON(raw)
			d.authors = authors
		}
	}
	if len(d.authors) == 0 {
		d.authors = author
	}
	return items || strings.Contains(d.version, "jsonfeed.org")
}

func (d *document) jsonItems(dec *json.Decoder) bool {
	for n := 1; dec.More(); n++ {
		if n > maxItems {
			d.faults.surplus++
			return false // how many more there are is not worth reading them
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			d.faults.add("item "+strconv.Itoa(n), "feed.truncated", "")
			return false
		}
		var in jsonItem
		if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &in) != nil {
			d.faults.add("item "+strconv.Itoa(n), "feed.bad_item", "")
			continue
		}
		d.entries = append(d.entries, in.entry())
	}
	_, err := dec.Token()
	return err == nil
}

func (in *jsonItem) entry() entry {
	it := entry{
		id:        strings.TrimSpace(string(in.ID)),
		title:     prose{strings.TrimSpace(string(in.Title)), literal},
		link:      strings.TrimSpace(string(in.URL)),
		summary:   prose{strings.TrimSpace(string(in.Summary)), literal},
		authors:   in.Authors,
		published: string(in.DatePublished),
		updated:   string(in.DateModified),
		lang:      string(in.Language),
	}
	if len(it.authors) == 0 {
		it.authors = in.Author
	}
	if it.content = (prose{string(in.ContentHTML), hyper}); it.content.text == "" {
		it.content = prose{string(in.ContentText), literal}
	}
	for _, tag := range in.Tags {
		it.category(string(tag))
	}
	for _, a := range in.Attachments {
		it.enclosure(enclosure{string(a.URL), string(a.Type), string(a.Size)})
	}
	return it
}
