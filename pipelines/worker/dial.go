package worker

import (
	"context"
	"fmt"
	"math"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
)

// An engine's machine that has vanished is noticed after a minute: TCP asks for it, for
// gRPC's servers shut out clients that ask more often than they like.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}

// dial connects to an engine's endpoint, and to nothing in between, within a time.
// Beam's elements may be of any size.
func dial(ctx context.Context, endpoint string, timeout time.Duration) (*grpc.ClientConn, error) {
	ctx, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	dialer := net.Dialer{KeepAliveConfig: keepAlive}
	connection, err := grpc.NewClient("passthrough:///"+endpoint,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", address)
		}))
	if err != nil {
		return nil, err
	}
	connection.Connect()
	for state := connection.GetState(); state != connectivity.Ready; state = connection.GetState() {
		if !connection.WaitForStateChange(ctx, state) {
			_ = connection.Close()
			return nil, fmt.Errorf("%s does not answer: %w", endpoint, context.Cause(ctx))
		}
		if connection.GetState() == connectivity.Idle {
			connection.Connect()
		}
	}
	return connection, nil
}
