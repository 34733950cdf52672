package feed

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/problem"
)

// answer is what a server said, read whole.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	address string // where it came from in the end
	moved   string // as far as permanent redirects led
}

// Fetch reads the feed when it changed, and gives what is new or edited in it.
func (s *session) Fetch(ctx context.Context, raw json.RawMessage) (channel.Page, error) {
	c, err := readCursor(raw, s.url)
	if err != nil {
		return channel.Page{}, err
	}
	now := s.world.Clock()
	got, err := s.ask(ctx, s.url, c)
	if err != nil {
		return channel.Page{}, err
	}
	if got.status == http.StatusNotModified {
		return s.unchanged(raw, c, got, now)
	}
	if err := got.fault(now); err != nil {
		return channel.Page{}, err
	}
	sum := bodySum(got.body)
	if c.Body != 0 && c.Body == sum {
		return s.unchanged(nil, c.validated(got), got, now)
	}
	feed, skipped, err := Parse(got.body, got.header.Get("Content-Type"), got.address, now)
	if problem.Of(err).Key == "feed.page" && err != nil {
		if got, err = s.discover(ctx, got, now); err != nil {
			return channel.Page{}, err
		}
		sum = bodySum(got.body)
		feed, skipped, err = Parse(got.body, got.header.Get("Content-Type"), got.address, now)
	}
	if err != nil {
		return channel.Page{}, &channel.Fault{Kind: channel.Refused, Err: err}
	}
	c = c.validated(got)
	if got.moved != "" {
		c.URL = got.moved
	}
	c.Body, c.Title = sum, feed.Title
	c.Pace = pace{For: feed.Every, Hours: feed.pace.Hours, Days: feed.pace.Days}
	page := channel.Page{
		Items:     c.sift(feed.Items),
		NotBefore: c.Pace.notBefore(now, got.header),
		Title:     feed.Title,
		Skipped:   skipped,
		Moved:     got.moved,
	}
	page.Cursor, err = c.encode()
	return page, err
}

// unchanged is the page of a feed in which nothing is new. The cursor stays byte for byte when it is given.
func (s *session) unchanged(raw json.RawMessage, c cursor, got answer, now time.Time) (channel.Page, error) {
	page := channel.Page{Unchanged: true, Cursor: raw, NotBefore: c.Pace.notBefore(now, got.header), Title: c.Title, Moved: got.moved}
	if raw != nil && got.moved == "" {
		return page, nil
	}
	if got.moved != "" {
		c.URL = got.moved
	}
	var err error
	page.Cursor, err = c.encode()
	return page, err
}

// bodySum tells documents apart; its speed counts, because servers without validators make us read everything every time.
func bodySum(body []byte) uint64 {
	sum := sha256.Sum256(body)
	return binary.LittleEndian.Uint64(sum[:8])
}

func (c cursor) validated(got answer) cursor {
	c.ETag, c.Modified = got.header.Get("ETag"), got.header.Get("Last-Modified")
	if len(c.ETag) > 1000 {
		c.ETag = ""
	}
	if len(c.Modified) > 100 {
		c.Modified = ""
	}
	return c
}

// ask makes one request and reads the answer, which is bounded.
func (s *session) ask(ctx context.Context, address string, c cursor) (answer, error) {
	req, err := s.request(ctx, address, c)
	if err != nil {
		return answer{}, err
	}
	res, err := s.world.HTTP.Do(req)
	if err != nil {
		return answer{}, unreached(ctx, err)
	}
	defer res.Body.Close()
	s.limits = limitsOf(res.Header, s.world.Clock())
	got := answer{status: res.StatusCode, header: res.Header, address: res.Request.URL.String(), moved: moved(res)}
	if got.status == http.StatusNotModified || got.status >= 300 {
		return got, nil
	}
	got.body, err = readAll(res)
	if err != nil {
		return answer{}, unreached(ctx, err)
	}
	return got, nil
}

func readAll(res *http.Response) ([]byte, error) {
	size := min(max(res.ContentLength+1, 16<<10), 1<<20)
	buf := make([]byte, 0, size)
	from := io.LimitReader(res.Body, MaxBody+1)
	for {
		n, err := from.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
	if len(buf) > MaxBody {
		return nil, problem.New(problem.TooLarge, "feed.too_large", "Limit", "16 MB")
	}
	return buf, nil
}

// moved gives the address to which an unbroken chain of permanent redirects led, or "".
func moved(res *http.Response) string {
	var hops []*http.Response
	for req := res.Request; req.Response != nil && len(hops) < 20; req = req.Response.Request {
		hops = append(hops, req.Response)
	}
	to := ""
	for i := len(hops) - 1; i >= 0; i-- {
		if hops[i].StatusCode != http.StatusMovedPermanently && hops[i].StatusCode != http.StatusPermanentRedirect {
			break
		}
		next := res.Request
		if i > 0 {
			next = hops[i-1].Request
		}
		to = next.URL.String()
	}
	return to
}

// unreached says what a failure without an answer means for the next try.
func unreached(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("read a feed: %w", ctx.Err())
	}
	kind := channel.Temporary
	if p := (*problem.Problem)(nil); errors.As(err, &p) {
		switch p.Key {
		case "outside.private", "outside.scheme", "outside.no_host", "outside.too_large", "feed.too_large":
			kind = channel.Refused
		}
		return &channel.Fault{Kind: kind, Err: err}
	}
	return &channel.Fault{Kind: kind, Err: problem.New(problem.Busy, "feed.unreachable").Because(err)}
}

// fault says what an answer that is no feed means for the next try; nil when it may be one.
func (a answer) fault(now time.Time) error {
	refuse := func(kind channel.FaultKind, code problem.Code, key string) error {
		return &channel.Fault{Kind: kind, After: retryAfter(a.header, now), Err: problem.New(code, key, "Status", a.status)}
	}
	switch {
	case a.status >= 200 && a.status < 300:
		return nil
	case a.status == http.StatusGone:
		return refuse(channel.Gone, problem.Missing, "feed.gone")
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return refuse(channel.Unauthorised, problem.Forbidden, "feed.unauthorised")
	case a.status == http.StatusTooManyRequests, a.status == http.StatusServiceUnavailable:
		return refuse(channel.Throttled, problem.Busy, "feed.throttled")
	case a.status == http.StatusNotFound: // often comes back
		return refuse(channel.Temporary, problem.Missing, "feed.not_found")
	case a.status >= 500, a.status == http.StatusRequestTimeout, a.status == http.StatusTooEarly, a.status >= 300 && a.status < 400:
		return refuse(channel.Temporary, problem.Busy, "feed.status")
	}
	return refuse(channel.Refused, problem.Invalid, "feed.status")
}
