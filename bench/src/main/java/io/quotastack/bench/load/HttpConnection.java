package io.quotastack.bench.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One keep-alive connection with at most one request in flight. */
final class HttpConnection implements AutoCloseable {
  private static final int REQUEST_BYTES_MAX = 4096;

  private final SocketChannel channel;
  private final SelectionKey key;
  private final ByteBuffer out = ByteBuffer.allocateDirect(REQUEST_BYTES_MAX);
  private final HttpAnswer answer = new HttpAnswer();
  private @Nullable Exchange exchange;
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
   * Sends the request that begins an operation.
   *
   * @param startNanos from when the operation's latency counts
   */
  void send(Exchange first, int customer, long operation, long startNanos) throws IOException {
    this.startNanos = startNanos;
    this.customer = customer;
    send(first, operation, RequestTemplate.NO_NAME);
  }

  /** Sends the request that completes the operation whose first answer is here. */
  void follow(Exchange second, long operation) throws IOException {
    send(second, operation, second.name(answer));
  }

  private void send(Exchange next, long operation, byte[] name) throws IOException {
    exchange = next;
    atLeaving = next.leaving(customer);
    busy = true;
    answer.clear();
    out.clear();
    next.template().write(out, customer, operation, name);
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

  /** Says what is wrong with the answer that {@link #receive} has made whole, or null. */
  @Nullable String fault() {
    return exchange == null ? null : exchange.fault(answer, customer, atLeaving);
  }

  /** What completes the operation; null = the answer that is here does. */
  @Nullable Exchange sequel() {
    return exchange == null ? null : exchange.sequel();
  }

  long startNanos() {
    return startNanos;
  }

  @Override
  public void close() throws IOException {
    key.cancel();
    channel.close();
  }
}
