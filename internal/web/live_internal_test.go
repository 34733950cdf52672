package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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

func TestTopicsAreBounded(t *testing.T) {
	t.Parallel()
	s := &Server{Options: Options{Live: NewLive()}}
	r := httptest.NewRequest(http.MethodGet, "/live?topics="+strings.Repeat("a,", maxTopics), nil)
	err := s.live(httptest.NewRecorder(), r.WithContext(org.With(r.Context(), &org.Member{ID: "ada"})))
	if !problem.Is(err, problem.Invalid) {
		t.Errorf("%v, want a refusal", err)
	}
}
