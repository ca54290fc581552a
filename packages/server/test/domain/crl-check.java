import java.io.FileInputStream;
import java.security.cert.*;
import java.util.*;

/** Judges a certificate by each of some lists as RFC 5280 §6.3 has it: java crl-check.java root intermediate leaf root-crl crl... */
class CrlCheck {
  public static void main(String[] files) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<X509Certificate> certificates = new ArrayList<>();
    List<CRL> lists = new ArrayList<>();
    for (int index = 0; index < files.length; index++)
      try (FileInputStream file = new FileInputStream(files[index])) {
        if (index < 3) certificates.add((X509Certificate) factory.generateCertificate(file));
        else lists.add(factory.generateCRL(file));
      }
    CertPath path = factory.generateCertPath(List.of(certificates.get(2), certificates.get(1)));
    for (CRL list : lists.subList(1, lists.size())) {
      PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(certificates.get(0), null)));
      CertStoreParameters both = new CollectionCertStoreParameters(List.of(lists.get(0), list));
      parameters.addCertStore(CertStore.getInstance("Collection", both));
      try {
        CertPathValidator.getInstance("PKIX").validate(path, parameters);
        System.out.println("VALID");
      } catch (CertPathValidatorException error) {
        System.out.println(error.getReason() + " " + error.getMessage());
      }
    }
  }
}
