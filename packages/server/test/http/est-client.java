import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.est.CSRRequestResponse;
import org.bouncycastle.est.ESTService;
import org.bouncycastle.est.EnrollmentResponse;
import org.bouncycastle.est.HttpAuth;
import org.bouncycastle.est.jcajce.JcaJceUtils;
import org.bouncycastle.est.jcajce.JsseESTServiceBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** The EST client of Bouncy Castle, as somebody would write it: a line for each thing that it got. */
class EstClient {
  public static void main(String[] args) throws Exception {
    String apiHost = args[0], mutualTlsHost = args[1], profile = args[2], passcode = args[3], root = args[4];
    Security.addProvider(new BouncyCastleProvider());
    Set<TrustAnchor> anchors = Set.of(new TrustAnchor(read(root), null));
    ESTService service =
        new JsseESTServiceBuilder(apiHost, JcaJceUtils.getCertPathTrustManager(anchors, null)).withLabel(profile).build();
    for (X509CertificateHolder authority : service.getCACerts().getCertificateStore().getMatches(null))
      System.out.println("authority " + authority.getSubject());
    CSRRequestResponse wishes = service.getCSRAttributes();
    System.out.println("wishes " + !wishes.getAttributesResponse().getRequirements().isEmpty());

    HttpAuth password = new HttpAuth("device", passcode.toCharArray());
    KeyPair pair = newPair();
    X509Certificate first = certificateOf(service.simpleEnroll(false, request(pair), password));
    System.out.println("enrolled " + first.getSubjectX500Principal() + " " + first.getPublicKey().equals(pair.getPublic()));
    EnrollmentResponse made = service.simpleEnrollWithServersideCreation(request(pair), password);
    System.out.println("made here " + certificateOf(made).getSubjectX500Principal() + " " + (made.getPrivateKeyInfo() != null));

    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null);
    store.setKeyEntry("own", pair.getPrivate(), new char[0], new Certificate[] {first});
    KeyManagerFactory managers = KeyManagerFactory.getInstance("SunX509");
    managers.init(store, new char[0]);
    ESTService own =
        new JsseESTServiceBuilder(mutualTlsHost, JcaJceUtils.getCertPathTrustManager(anchors, null))
            .withKeyManagers(managers.getKeyManagers())
            .withLabel(profile)
            .build();
    KeyPair next = newPair();
    X509Certificate second = certificateOf(own.simpleEnroll(true, request(next), null));
    System.out.println("renewed " + second.getSubjectX500Principal() + " " + second.getPublicKey().equals(next.getPublic()));
  }

  static X509Certificate read(String path) throws Exception {
    try (InputStream in = new FileInputStream(path)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  static KeyPair newPair() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    return generator.generateKeyPair();
  }

  static PKCS10CertificationRequest request(KeyPair pair) throws Exception {
    return new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=bouncy"), pair.getPublic())
        .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
  }

  static X509Certificate certificateOf(EnrollmentResponse response) throws Exception {
    return new JcaX509CertificateConverter().getCertificate(response.getStore().getMatches(null).iterator().next());
  }
}
