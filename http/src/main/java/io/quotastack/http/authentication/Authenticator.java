package io.quotastack.http.authentication;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Decides whom an API key stands for. */
@FunctionalInterface
public interface Authenticator {
  /**
   * The caller, or empty if the key is not valid. A stage that is complete already costs nothing:
   * the request goes on in the same thread.
   */
  CompletionStage<Optional<Caller>> authenticate(ApiKey key);
}
