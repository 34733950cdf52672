package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func TestStreamsOfAMember(t *testing.T) {
	t.Parallel()
	l := NewLive()
	listen := func(member string) (func(), error) { return l.listen(&listener{member: member}) }
	var leave func()
	for range maxStreams {
		var err error
		if leave, err = listen("ada"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := listen("ada"); !problem.Is(err, problem.Busy) {
		t.Errorf("stream %d of one member: %v, want busy", maxStreams+1, err)
	}
	if _, err := listen("sam"); err != nil {
		t.Errorf("another member is refused: %v", err)
	}
	leave()
	if _, err := listen("ada"); err != nil {
		t.Errorf("a stream that ended still counts: %v", err)
	}
}

func TestPermissionsOfAStreamAreFresh(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	o := org.New(dbtest.SQLite(t), log, time.Now)
	const email, word = "ada@velo.example", "Pignon libre 42"
	if err := o.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", URL: "https://velo.example", OwnerName: "Ada", OwnerEmail: email, Password: word}); err != nil {
		t.Fatal(err)
	}
	token, err := o.SignIn(t.Context(), email, word, org.Visit{})
	if err != nil {
		t.Fatal(err)
	}
	l := NewLive()
	l.allow("inbox", org.InboxRead)
	s := &Server{Options: Options{Live: l, Org: o}}
	// At first the member may hear nothing, as before their role was changed.
	li := &listener{member: "ada", may: func(org.Permission) bool { return false }, due: map[string]bool{}, wake: make(chan struct{}, 1)}
	if _, err := l.listen(li); err != nil {
		t.Fatal(err)
	}
	if l.Publish("inbox"); li.due["inbox"] {
		t.Fatal("hears what the member may not")
	}
	if !s.still(t.Context(), li, token) {
		t.Fatal("a session that lives is ended")
	}
	if l.Publish("inbox"); !li.due["inbox"] {
		t.Error("hears only what the member might when the stream began")
	}
	if err := o.SignOut(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if s.still(t.Context(), li, token) {
		t.Error("a session that ended hears on")
	}
}

func TestTopicsAreBounded(t *testing.T) {
	t.Parallel()
	s := &Server{Options: Options{Live: NewLive()}}
	r := httptest.NewRequest(http.MethodGet, "/live?topics="+strings.Repeat("a,", maxTopics), nil)
	err := s.live(httptest.NewRecorder(), r.WithContext(org.With(r.Context(), &org.Member{ID: "ada"})))
	if !problem.Is(err, problem.Invalid) {
		t.Errorf("%v, want a refusal", err)
	}
}
