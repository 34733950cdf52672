package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/id"
)

// killCourses kills the program while somebody passes a course again and again: who was told that they passed has the certificate, and nobody has
// one for what they did not pass.
func killCourses(t *testing.T, p place, r *rand.Rand, kills int) {
	s, c := settled(t, p)
	course := id.New()
	content := `{"title": {"en": "Answering"}, "minutes": 1, "months": 12, "steps": [{"id": "a", "kind": "lesson", "title": {"en": "Who"}, "text": {"en": "You."}}, {"id": "b", "kind": "quiz", "title": {"en": "What"},
		"pass": 100, "questions": [{"text": {"en": "One of two?"}, "choices": [{"text": {"en": "This"}, "right": true}, {"text": {"en": "That"}}]}]}]}`
	p.sql(t, "INSERT INTO course (id, draft, number, created_at, changed_at) VALUES ($1, $2, 1, 1, 1)", course, content)
	p.sql(t, "INSERT INTO course_version (course, number, content, published_at) VALUES ($1, 1, $2, 1)", course, content)
	path := "/courses/" + course
	passes := func() int {
		return p.count(t, "SELECT COUNT(*) FROM course_attempt WHERE result = 'passed'")
	}
	acknowledged := 0
	for cycle := range kills {
		stop, done, one := make(chan bool), make(chan bool), make(chan bool)
		go func() {
			defer close(done)
			for n := 0; ; n++ {
				for _, x := range [][]string{{path + "/start"}, {path + "/steps/a", "seen", "0"}, {path + "/steps/b", "seen", "0", "q0", "0"}} {
					a, err := c.tryPost(x[0], form(x[1:]...))
					if err != nil {
						return // killed under way
					}
					if a.status != http.StatusSeeOther {
						t.Errorf("%s: %d\n%.500s", x[0], a.status, shownText(a.body))
						return
					}
					if strings.HasSuffix(x[0], "/b") && a.to() == path {
						acknowledged++
					}
				}
				if n == 0 {
					close(one)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		}()
		if cycle%2 == 1 {
			select {
			case <-one:
			case <-done:
			}
		}
		<-time.After(between(r, 10*time.Millisecond, 300*time.Millisecond))
		s.kill()
		close(stop)
		<-done
		s = again(t, p)
		c = c.moved(t, s.URL)
	}
	s.stop()
	if n := passes(); n < acknowledged || acknowledged == 0 {
		t.Errorf("%d passes were acknowledged, %d are there", acknowledged, n)
	}
	for what, query := range map[string]string{
		"passed without a certificate":    "SELECT COUNT(*) FROM course_attempt a WHERE a.result = 'passed' AND (SELECT COUNT(*) FROM certificate c WHERE c.attempt = a.id) <> 1",
		"certified without having passed": "SELECT COUNT(*) FROM certificate c WHERE NOT EXISTS (SELECT 1 FROM course_attempt a WHERE a.id = c.attempt AND a.result = 'passed')",
		"passed without all steps":        "SELECT COUNT(*) FROM course_attempt a WHERE (a.result = 'passed') <> ((SELECT COUNT(*) FROM course_try t WHERE t.attempt = a.id AND t.passed = 1) = 2)",
		"begun beside each other":         "SELECT COUNT(*) FROM (SELECT 1 FROM course_attempt WHERE ended_at IS NULL GROUP BY member, course HAVING COUNT(*) > 1) AS v",
	} {
		if n := p.count(t, query); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	if audited := p.count(t, fmt.Sprintf("SELECT COUNT(*) FROM audit WHERE action = 'course.passed' AND object = 'course:%s'", course)); audited != passes() {
		t.Errorf("%d passes are in the audit log, want %d", audited, passes())
	}
	t.Logf("%d kills, %d passes acknowledged, %d there", kills, acknowledged, passes())
}
