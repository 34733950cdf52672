// Package remote decides how posts are put to a model on another machine and which of its answers are believed: texts and questions come in,
// values that were offered, or nothing, go out.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The kinds of endpoint.
const (
	OpenAI = "openai" // /chat/completions as OpenAI has it, and many others after it
	TEI    = "tei"    // /predict of text-embeddings-inference: one classifier, one question
)

// None says of a question with several answers that none holds.
const None = "none"

// Endpoint is where to ask.
type Endpoint struct {
	URL    string // http or https; the path of the kind is added where it is missing
	Kind   string
	Model  string
	Key    string            // sent as a bearer token, "" for none
	Labels map[string]string // TEI: what the values are called there, in lower case, to what they are called here
}

// Question is what is asked of each text.
type Question struct {
	Head    string
	Values  []string
	Several bool // any number of the values holds, or none
}

// Answer is a value by head, of several by commas in the order of the question; nil when what was said of the text is refused.
type Answer map[string]string

// ErrAnswer says that there was an answer, but none to the question: it is not JSON, too long, or not about as many texts as were asked about.
var ErrAnswer = errors.New("the answer is none to the question")

// Status says that the endpoint refused.
type Status struct {
	Code  int
	After time.Duration // as long as it asks to be left alone, 0 when it does not say
}

// Error names the status.
func (s *Status) Error() string { return "the endpoint answered with status " + strconv.Itoa(s.Code) }

const (
	longest = 2000    // bytes of a text that are shown
	largest = 1 << 20 // bytes of an answer that are read
	surest  = 24 * time.Hour
)

// Client asks.
type Client struct{ http *http.Client }

// New makes a client over one that guards where requests go. It follows no redirect: whoever is asked was chosen by a person.
func New(guarded *http.Client) *Client {
	c := *guarded
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{&c}
}

// Check refuses addresses that cannot be asked.
func (e Endpoint) Check() error {
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || len(e.URL) > 500 {
		return errors.New("not an address of the web")
	}
	return nil
}

// Host is where it is, without what may be secret in its address.
func (e Endpoint) Host() string {
	if u, err := url.Parse(e.URL); err == nil {
		return u.Host
	}
	return ""
}

func (e Endpoint) address() string {
	u, err := url.Parse(e.URL)
	if err != nil {
		return e.URL
	}
	want := "/chat/completions"
	switch e.Kind {
	case TEI:
		want = "/predict"
	case LibreTranslate:
		want = "/translate"
	}
	if path := strings.TrimRight(u.Path, "/"); !strings.HasSuffix(path, want) {
		if path == "" && e.Kind == OpenAI {
			path = "/v1"
		}
		u.Path = path + want
	}
	return u.String()
}

// Shown is what of a text is shown.
func Shown(text string) string {
	if len(text) > longest {
		text = text[:longest]
	}
	return strings.ToValidUTF8(text, "")
}

// Size is how many characters asking takes.
func Size(e Endpoint, questions []Question, texts []string) int {
	n := 0
	if e.Kind == OpenAI {
		n = utf8.RuneCountInString(instructions(questions))
	}
	for _, t := range texts {
		n += utf8.RuneCountInString(Shown(t))
	}
	return n
}

// Ask asks about all texts in one request. Errors are a *Status, ErrAnswer, or of the guarded client.
func (c *Client) Ask(ctx context.Context, e Endpoint, questions []Question, texts []string) ([]Answer, error) {
	shown := make([]string, len(texts))
	for i, t := range texts {
		shown[i] = Shown(t)
	}
	var body any
	switch {
	case e.Kind == OpenAI:
		body = chat(e.Model, questions, shown)
	case len(questions) == 1:
		body = predict(shown)
	default:
		return nil, fmt.Errorf("an endpoint of kind %q answers one question, not %d", e.Kind, len(questions))
	}
	raw, err := c.post(ctx, e, body)
	if err != nil {
		return nil, err
	}
	if e.Kind == OpenAI {
		return readChat(raw, questions, len(texts))
	}
	return readScores(raw, e.Labels, questions[0], len(texts))
}

func (c *Client) post(ctx context.Context, e Endpoint, body any) ([]byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write a question: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.address(), bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", e.Host(), bare(err))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if e.Key != "" {
		req.Header.Set("Authorization", "Bearer "+e.Key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", e.Host(), bare(err))
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, &Status{res.StatusCode, after(res.Header.Get("Retry-After"), time.Now())}
	}
	out, err := io.ReadAll(io.LimitReader(res.Body, largest+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", e.Host(), bare(err))
	}
	if len(out) > largest {
		return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrAnswer, largest)
	}
	return out, nil
}

// bare leaves out the address, which may hold a secret.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// after reads a Retry-After, in seconds or as a date; it is believed up to a day.
func after(s string, now time.Time) time.Duration {
	var d time.Duration
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
		d = time.Duration(min(max(n, 0), int(surest/time.Second))) * time.Second
	} else if at, err := http.ParseTime(s); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), surest)
}

// value finds what was said among what was offered.
func (q Question) value(said []string) (string, bool) {
	for _, v := range said {
		if !slices.Contains(q.Values, v) {
			return "", false
		}
	}
	if !q.Several {
		if len(said) != 1 {
			return "", false
		}
		return said[0], true
	}
	var out []string
	for _, v := range q.Values {
		if slices.Contains(said, v) {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return None, true
	}
	return strings.Join(out, ","), true
}
