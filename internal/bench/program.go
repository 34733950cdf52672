package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// program is the program as people run it.
type program struct {
	cmd   *exec.Cmd
	base  string
	began time.Time
	done  chan struct{}
}

// start starts it on a data folder.
func (b *bench) start(data string, args []string) (*program, error) { return b.startOn(data, "", args) }

// startOn starts it on a database too, "" for the one in the folder.
func (b *bench) startOn(data, database string, args []string) (*program, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(b.binary, append([]string{"serve"}, args...)...)
	cmd.Env = append(os.Environ(), "ENTENTE_DATA="+data, "ENTENTE_LISTEN=127.0.0.1:"+port, "ENTENTE_LOG_LEVEL=warn", "ENTENTE_DATABASE_URL="+database)
	cmd.Stderr = os.Stderr
	p := &program{cmd: cmd, base: "http://127.0.0.1:" + port, began: time.Now(), done: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", b.binary, err)
	}
	go func() { cmd.Wait(); close(p.done) }()
	return p, nil
}

func (p *program) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
	}
}

// answers waits until a page is answered with 200.
func (p *program) answers(ctx context.Context, path string) error {
	c := &http.Client{Timeout: 10 * time.Second}
	for {
		if res, err := c.Get(p.base + path); err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if err == nil && res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.done:
			return fmt.Errorf("%s ended before it answered", p.cmd.Path)
		case <-time.After(2 * time.Millisecond):
		}
		if time.Since(p.began) > 5*time.Minute {
			return fmt.Errorf("no answer at %s", p.base+path)
		}
	}
}

// memory reads a line of /proc/PID/status, in bytes: VmRSS is what is resident now, VmHWM the most that ever was.
func (p *program) memory(line string) (int64, error) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0, fmt.Errorf("memory is read from /proc: %w", err)
	}
	for l := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(l, line+":"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc", line)
}

// processor is the processor time the program has used.
func (p *program) processor() time.Duration {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * time.Second / 100
}

func binarySize(b *bench) error {
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	b.out.most("binary, stripped", float64(info.Size())/1e6, 60, "MB", b.binary)
	return nil
}

// demo fills an empty folder with the sample organisation and hands over the program that did.
func (b *bench) demo(data string) (*program, error) {
	p, err := b.start(data, []string{"--demo"})
	if err != nil {
		return nil, err
	}
	if err := p.answers(b.ctx, "/sign-in"); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// coldStart measures from the start of the process to the first page, on the database of the demo.
func coldStart(b *bench) error {
	data, err := os.MkdirTemp(b.work, "start-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	p, err := b.demo(data)
	if err != nil {
		return err
	}
	p.stop()
	const times = 15
	took := make([]time.Duration, times)
	for i := range took {
		p, err := b.start(data, nil)
		if err != nil {
			return err
		}
		err = p.answers(b.ctx, "/sign-in")
		took[i] = time.Since(p.began)
		p.stop()
		if err != nil {
			return err
		}
	}
	slices.Sort(took)
	b.out.most("cold start to the first page, median", millis(took[times/2]), 300, "ms", fmt.Sprintf("n %d, min %s, max %s", times, ms(took[0]), ms(took[times-1])))
	return nil
}

// memoryAtRest fills the demo and looks how much memory the same process keeps when nobody asks anything of it.
func memoryAtRest(b *bench) error {
	data, err := os.MkdirTemp(b.work, "memory-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	p, err := b.demo(data)
	if err != nil {
		return err
	}
	defer p.stop()
	peak, err := p.memory("VmHWM")
	if err != nil {
		return err
	}
	if err := rest(b.ctx, time.Minute); err != nil {
		return err
	}
	now, err := p.memory("VmRSS")
	if err != nil {
		return err
	}
	b.out.most("memory at rest, a minute after the demo was filled", float64(now)/(1<<20), 80, "MB", fmt.Sprintf("resident; %d MB at most while it was filled", peak>>20))
	return nil
}

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
