package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// maxPosts is the most posts one call may bring.
const maxPosts = 1000

// post is what a body says of one post; docs/channels/webhook.md explains it to senders.
type post struct {
	ID        string    `json:"id"`
	At        string    `json:"at"`
	Author    author    `json:"author"`
	Title     string    `json:"title"`
	Text      string    `json:"text"`
	URL       string    `json:"url"`
	Lang      string    `json:"lang"`
	InReplyTo oneOrMore `json:"in_reply_to"`
	Kind      string    `json:"kind"`
	Tags      []string  `json:"tags"`
	In        string    `json:"in"`
	Private   bool      `json:"private"`
	Direct    bool      `json:"direct"`
	Edited    bool      `json:"edited"`
}

type author struct {
	URI       string `json:"uri"`
	Name      string `json:"name"`
	Followers int    `json:"followers"`
}

type oneOrMore []string

// UnmarshalJSON takes one text or a list of them.
func (l *oneOrMore) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	var one string
	if err := json.Unmarshal(raw, &one); err == nil {
		*l = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}

func kinds() []string {
	return []string{"", "article", "mail", "question", "answer", "comment", "review"}
}

// posts reads a body: one post, a list of posts, or either as the member data of an envelope. call stands in for missing ids, so that a
// call repeated is stated once.
func posts(call string, body []byte) ([]channel.Item, error) {
	raw := json.RawMessage(bytes.TrimSpace(body))
	if len(raw) > 0 && raw[0] == '{' {
		var envelope struct {
			Data json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(raw, &envelope); err != nil {
			return nil, unreadable(err)
		}
		if data := bytes.TrimSpace(envelope.Data); len(data) > 0 && (data[0] == '{' || data[0] == '[') {
			raw = json.RawMessage(data)
		}
	}
	if len(raw) == 0 || raw[0] != '[' {
		raw = slices.Concat([]byte{'['}, raw, []byte{']'})
	}
	var list []post
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, unreadable(err)
	}
	if len(list) > maxPosts {
		return nil, problem.New(problem.TooLarge, "channel.webhook.too_many", "Limit", maxPosts)
	}
	out := make([]channel.Item, 0, len(list))
	for i, p := range list {
		item, err := p.item(fmt.Sprintf("%s#%d", call, i))
		if err != nil {
			if len(list) > 1 {
				err = err.On(fmt.Sprintf("[%d].%s", i, err.Field))
			}
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}

func unreadable(err error) error {
	return problem.New(problem.Invalid, "channel.webhook.bad_body").Because(err)
}

func (p post) item(fallback string) (channel.Item, *problem.Problem) {
	if strings.TrimSpace(p.Text) == "" && strings.TrimSpace(p.Title) == "" {
		return channel.Item{}, problem.New(problem.Invalid, "problem.required").On("text")
	}
	if !slices.Contains(kinds(), p.Kind) {
		return channel.Item{}, problem.New(problem.Invalid, "channel.bad_choice").On("kind")
	}
	var at time.Time
	if p.At != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, p.At); err != nil {
			return channel.Item{}, problem.New(problem.Invalid, "channel.webhook.bad_date").On("at")
		}
	}
	if p.Author.URI != "" {
		if _, err := channel.Identify(p.Author.URI, ""); err != nil {
			return channel.Item{}, problem.Of(err).On("author.uri")
		}
	}
	if strings.TrimSpace(p.ID) == "" {
		p.ID = fallback
	}
	return channel.Item{
		Said: ledger.Said{ExternalID: p.ID, Kind: p.Kind, Title: p.Title, Text: p.Text, URL: p.URL, Lang: p.Lang, InReplyTo: p.InReplyTo,
			Tags: p.Tags, Followers: p.Author.Followers, In: p.In, Private: p.Private, Direct: p.Direct || p.Private},
		Author: ledger.Address{URI: p.Author.URI, Name: p.Author.Name}, At: at, Edited: p.Edited,
	}, nil
}
