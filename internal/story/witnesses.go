package story

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"baohan/client"
	"baohan/signing/tlog"
)

// outsider is whoever knows the log and its witnesses by their keys alone.
func (t *tale) outsider() (*client.Log, tlog.Policy, error) {
	log, err := client.NewLog(t.known())
	return log, tlog.Policy{Log: []tlog.Key{t.Log}, Witnesses: t.Witnesses, Quorum: len(t.Witnesses)}, err
}

// witnessed waits until every witness has countersigned the newest head.
func (t *tale) witnessed(ctx context.Context) (head tlog.Checkpoint, note []byte, err error) {
	log, trust, err := t.outsider()
	if err != nil {
		return head, nil, err
	}
	err = t.until(ctx, "见证人签署最新的日志头", func(ctx context.Context) (bool, error) {
		if note, err = log.Head(ctx); err != nil {
			return false, err
		}
		head, _, err = trust.Open(note)
		return err == nil, err
	})
	return head, note, err
}

// firstHead is the log as it stood before anything happened.
func (t *tale) firstHead(ctx context.Context) (err error) {
	t.began, _, err = t.witnessed(ctx)
	t.check(err == nil, "%d 家见证人各在自己的进程里核对并签署了日志头", len(t.Witnesses))
	return err
}

// lastHead holds the log at the end against the one at the beginning, and copies all of it.
func (t *tale) lastHead(ctx context.Context) error {
	head, note, err := t.witnessed(ctx)
	if err != nil {
		return err
	}
	log, trust, err := t.outsider()
	if err != nil {
		return err
	}
	t.check(head.Size > t.began.Size, "最新的日志头由平台签名、%d 家见证人全部签署", len(t.Witnesses))
	grew, err := log.Consistency(ctx, t.began.Size, head.Size)
	t.check(err == nil && grew.Verify(t.began, head) == nil, "从开头的日志头增长而来，没有改动、删除或补入一条")
	tree := tlog.NewTree()
	leaves, err := log.Leaves(ctx, 0)
	for err == nil && len(leaves) > 0 && tree.Size() < head.Size {
		for _, leaf := range leaves[:min(uint64(len(leaves)), head.Size-tree.Size())] {
			tree.Append(tlog.LeafHash(leaf), nil)
		}
		leaves, err = log.Leaves(ctx, tree.Size())
	}
	t.check(err == nil && tree.Root() == head.Root, "凭公开接口复制整本日志，根与日志头相同")
	first, err := log.Leaves(ctx, 0)
	if err != nil {
		return err
	}
	proof, err := log.Inclusion(ctx, first[0])
	if err == nil {
		_, _, err = proof.Verify(first[0], trust)
	}
	t.check(err == nil, "一片叶在日志里的证明，凭公钥离线核对")
	return t.keepHead(note)
}

// keepHead leaves what an auditor needs who was not there: the head, and the keys to believe it by.
func (t *tale) keepHead(note []byte) error {
	keys := []string{t.Log.String()}
	for _, w := range t.Witnesses {
		keys = append(keys, w.String())
	}
	return errors.Join(os.WriteFile(filepath.Join(t.Out, "log-head.note"), note, 0o644),
		os.WriteFile(filepath.Join(t.Out, "log-keys.txt"), []byte(strings.Join(keys, "\n")+"\n"), 0o644))
}
