package io.quotastack.bench.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** One keep-alive connection with at most one request in flight. */
final class HttpConnection implements AutoCloseable {
  private static final int REQUEST_BYTES_MAX = 4096;

  private final SocketChannel channel;
  private final SelectionKey key;
  private final ByteBuffer out = ByteBuffer.allocateDirect(REQUEST_BYTES_MAX);
  private final HttpAnswer answer = new HttpAnswer();
  private boolean busy;
  private long startNanos;
  private int customer;
  private int atLeaving;

  HttpConnection(InetSocketAddress server, Selector selector) throws IOException {
    channel = SocketChannel.open(server);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.configureBlocking(false);
    key = channel.register(selector, SelectionKey.OP_READ, this);
  }

  /**
   * Sends a request.
   *
   * @param startNanos from when its latency counts
   */
  void send(Exchange exchange, int customer, long operation, long startNanos) throws IOException {
    this.startNanos = startNanos;
    this.customer = customer;
    this.atLeaving = exchange.leaving(customer);
    this.busy = true;
    answer.clear();
    out.clear();
    exchange.template().write(out, customer, operation);
    out.flip();
    flush();
  }

  /** Sends what the socket did not take at once. */
  void flush() throws IOException {
    channel.write(out);
    int interest = SelectionKey.OP_READ | (out.hasRemaining() ? SelectionKey.OP_WRITE : 0);
    if (key.interestOps() != interest) {
      key.interestOps(interest);
    }
  }

  /** Reads what has come; true when it makes the answer whole. */
  boolean receive() throws IOException, HttpAnswer.BadAnswerException {
    if (channel.read(answer.space()) < 0) {
      throw new EOFException("the server closed the connection");
    }
    if (!busy) {
      throw new HttpAnswer.BadAnswerException("an answer that nothing asked for: " + answer.text());
    }
    if (!answer.isWhole()) {
      return false;
    }
    busy = false;
    return true;
  }

  boolean isBusy() {
    return busy;
  }

  long startNanos() {
    return startNanos;
  }

  int customer() {
    return customer;
  }

  int atLeaving() {
    return atLeaving;
  }

  HttpAnswer answer() {
    return answer;
  }

  @Override
  public void close() throws IOException {
    key.cancel();
    channel.close();
  }
}
