// Joins a consumer group with V3IO's own client for Go, and prints what it reads.
//
//	member ENDPOINT ACCESS_KEY CONTAINER STREAM GROUP REPLICAS
//
// One line of JSON says which shards it holds, and one more for each record. It leaves at the end of its input.
package main

import (
	"encoding/json"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nuclio/zap"
	v3io "github.com/v3io/v3io-go/pkg/dataplane"
	v3iohttp "github.com/v3io/v3io-go/pkg/dataplane/http"
	group "github.com/v3io/v3io-go/pkg/dataplane/streamconsumergroup"
)

type reader struct {
	lock sync.Mutex
}

func (r *reader) say(value interface{}) {
	line, _ := json.Marshal(value)
	r.lock.Lock()
	defer r.lock.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

func (r *reader) Setup(session group.Session) error {
	shards := []int{}
	for _, claim := range session.GetClaims() {
		shards = append(shards, claim.GetShardID())
	}
	r.say(map[string]interface{}{"shards": shards})
	return nil
}

func (r *reader) Cleanup(group.Session) error { return nil }

func (r *reader) Abort(group.Session) error { os.Exit(3); return nil }

func (r *reader) ConsumeClaim(session group.Session, claim group.Claim) error {
	for batch := range claim.GetRecordBatchChan() {
		for index := range batch.Records {
			record := &batch.Records[index]
			r.say(map[string]interface{}{
				"shard": *record.ShardID, "sequence": record.SequenceNumber, "data": string(record.Data),
			})
			if err := session.MarkRecord(record); err != nil {
				return err
			}
		}
	}
	return nil
}

func need(err error) {
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(2)
	}
}

func main() {
	log, err := nucliozap.NewNuclioZapCmd("member", nucliozap.ErrorLevel, os.Stderr)
	need(err)
	context, err := v3iohttp.NewContext(log, &v3iohttp.NewContextInput{})
	need(err)
	session, err := context.NewSession(&v3io.NewSessionInput{URL: os.Args[1], AccessKey: os.Args[2]})
	need(err)
	container, err := session.NewContainer(&v3io.NewContainerInput{ContainerName: os.Args[3]})
	need(err)
	replicas, err := strconv.Atoi(os.Args[6])
	need(err)
	consumers, err := group.NewStreamConsumerGroup(log, os.Args[5], group.NewConfig(), container, os.Args[4], replicas)
	need(err)
	member, err := group.NewMember(consumers, "go")
	need(err)
	need(member.Consume(&reader{}))
	_, _ = io.ReadAll(os.Stdin)
	need(member.Close())
	time.Sleep(time.Second) // the last positions are written in the background
}
