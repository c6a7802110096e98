package store

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	leaseTime  = 30 * time.Second
	leaseRenew = 10 * time.Second
)

// lease is the right to build one artifact. It only saves work: what makes
// results correct is that the manifest is written last and that equal recipes
// give equal bytes. Leases of one address are numbered; number n+1 can be
// created by one process alone, and only when n has run out.
type lease struct {
	key    string
	cancel context.CancelFunc
	done   chan struct{}
}

type leaseRecord struct {
	Owner   string    `json:"owner"`
	Expires time.Time `json:"expires"`
}

// acquire takes the lease of an address, or returns nil when somebody who is
// alive holds it.
func (s *Store) acquire(ctx context.Context, a Address) (*lease, error) {
	prefix := "leases/" + string(a) + "/"
	keys, err := s.List(ctx, prefix)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, k := range keys {
		if i, err := strconv.Atoi(strings.TrimPrefix(k, prefix)); err == nil {
			n = max(n, i)
		}
	}
	if n > 0 {
		var held leaseRecord
		err := s.GetJSON(ctx, prefix+leaseNumber(n), &held)
		if err == nil && s.now().Before(held.Expires) && ownerAlive(held.Owner) {
			return nil, nil
		}
	}
	key := prefix + leaseNumber(n+1)
	rec, err := json.Marshal(leaseRecord{Owner: s.owner, Expires: s.now().Add(leaseTime)})
	if err != nil {
		return nil, err
	}
	created, err := s.PutNew(ctx, key, rec)
	if err != nil || !created {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := &lease{key: key, cancel: cancel, done: make(chan struct{})}
	go s.renew(ctx, l)
	return l, nil
}

func leaseNumber(n int) string { return fmt.Sprintf("%06d", n) }

func (s *Store) renew(ctx context.Context, l *lease) {
	defer close(l.done)
	t := time.NewTicker(leaseRenew)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			// A failed renewal costs at most a second builder: not an error.
			_ = s.PutJSON(ctx, l.key, leaseRecord{Owner: s.owner, Expires: s.now().Add(leaseTime)})
		}
	}
}

func (s *Store) release(ctx context.Context, a Address, l *lease) {
	l.cancel()
	<-l.done
	ctx = context.WithoutCancel(ctx)
	keys, err := s.List(ctx, "leases/"+string(a)+"/")
	if err != nil {
		return // the lease runs out by itself
	}
	for _, k := range keys {
		if k <= l.key {
			_ = s.Delete(ctx, k)
		}
	}
}

// processIdentity names this process so that another one on the same machine
// can see at once that it has died.
func processIdentity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}

// ownerAlive tells whether the owner of a lease may still be working. Owners
// on other machines count as alive until the lease runs out.
func ownerAlive(owner string) bool {
	i := strings.LastIndexByte(owner, ':')
	host, err := os.Hostname()
	if i < 0 || err != nil || owner[:i] != host {
		return true
	}
	pid, err := strconv.Atoi(owner[i+1:])
	if err != nil {
		return true
	}
	if pid == os.Getpid() {
		return true
	}
	return syscall.Kill(pid, 0) != syscall.ESRCH
}
