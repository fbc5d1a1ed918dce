package dev.sluice.openapi;

import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.ParseOptions;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.util.ArrayList;
import java.util.List;

/** Says what is wrong with a description. */
final class Validator {
  private Validator() {}

  /** Empty if it is valid OpenAPI, every reference of which leads somewhere. */
  static List<String> problems(String document) {
    ParseOptions options = new ParseOptions();
    options.setResolve(true);
    SwaggerParseResult result = new OpenAPIV3Parser().readContents(document, null, options);
    List<String> problems = new ArrayList<>(result.getMessages());
    if (result.getOpenAPI() == null) {
      problems.add("it is no OpenAPI document");
    }
    return problems;
  }
}
