package sample

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/signing/tlog"
)

// Log is a transparency log of one batch, with two witnesses.
type Log struct {
	Key       tlog.Key
	Witnesses [2]tlog.Key
	Trust     tlog.Policy // both witnesses must have countersigned

	signer signing.Signer
	holds  [2]signing.Signer
}

// NewLog makes the keys of a log and of its witnesses. Two logs of one name differ in nothing but their keys.
func NewLog(origin string) *Log {
	l := &Log{}
	key := must(signing.GenerateKey())
	l.signer, l.Key = key, must(tlog.LogKey(origin, key.Public()))
	for i, name := range []string{"witness.example.cn/bank", "witness.example.cn/supervisor"} {
		key := must(signing.GenerateKey())
		l.holds[i], l.Witnesses[i] = key, must(tlog.WitnessKey(name, key.Public()))
	}
	l.Trust = tlog.Policy{Log: []tlog.Key{l.Key}, Witnesses: l.Witnesses[:], Quorum: len(l.Witnesses)}
	return l
}

// InForce is the fact that a letter was issued.
func InForce(i Issued) letter.Fact {
	data := letter.InForce{Number: i.Undertaking.Number, Letter: i.Receipt.Digest}
	return letter.Fact{Version: 1, Of: letter.OfGuarantee, Subject: i.Undertaking.Application.Application, Seq: 4, Kind: letter.FactIssued,
		At: i.Receipt.AcceptedAt, Actor: "guarantor:" + i.Receipt.Guarantor, Data: must(json.Marshal(data))}
}

// Proof is the log's proof of a fact at the given place among so many leaves, countersigned at an instant.
func (l *Log) Proof(f letter.Fact, position, size uint64, seen time.Time) letter.LogProof {
	leaf := must(f.Leaf())
	tree, nodes := tlog.NewTree(), make(map[tlog.Node][]byte)
	for i := range size {
		one := tlog.Dummy().Commitment
		if i == position {
			one = leaf.Commitment
		}
		tree.Append(tlog.LeafHash(one), func(n tlog.Node, hash []byte) { nodes[n] = hash })
	}
	plan := must(tlog.PlanInclusion(position, size))
	hashes := make([][]byte, 0, len(plan.Nodes()))
	for _, n := range plan.Nodes() {
		hashes = append(hashes, nodes[n])
	}
	head := tlog.Checkpoint{Origin: l.Key.Name(), Size: size, Root: tree.Root()}
	return letter.LogProof{Version: 1, Fact: f, Salt: leaf.Salt, Inclusion: tlog.Inclusion{Version: 1, Position: position,
		Path: must(plan.Path(hashes)), Checkpoint: string(l.note(head, seen).Bytes())}}
}

func (l *Log) note(head tlog.Checkpoint, seen time.Time) tlog.Note {
	n := must(head.Sign(context.Background(), l.Key, l.signer))
	for i, w := range l.Witnesses {
		n.Lines = append(n.Lines, must(tlog.Cosign(context.Background(), head, w, l.holds[i], seen)))
	}
	return n
}

// Logged is a letter's file with the proof that its issue stands in the log.
func (l *Log) Logged(i Issued) letter.File {
	f := i.File()
	p := l.Proof(InForce(i), 5, 11, i.Receipt.AcceptedAt.Add(2*time.Minute))
	f.Log = &p
	return f
}
